"""
Training: one state machine from clean tables to a registered model, for each model of the environment.
"""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from domain.settings import RegisterSettings
from domain.training_job import create_training_job, image_repository_arn
from stacks.environments import Environment
from stacks.functions import ROOT, Code, Function
from stacks.lake import Lake, kept
from stacks.machines import StateMachine
from stacks.watched import Watched

SEED = "1"
# SageMaker takes letters, digits and single hyphens, 63 at most; an execution's name may hold more kinds.
JOB_NAME = (
    "{% $replace($substring($replace($states.input.model & '-' & $states.input.id,"
    " /[^a-zA-Z0-9]+/, '-'), 0, 63), /-+$/, '') %}"
)
AS_OF = "{% $exists($states.input.as_of) ? $states.input.as_of : $states.context.Execution.StartTime %}"
TRAINED = (
    "{% $merge([$states.input, {'job': $states.result.TrainingJobName,"
    " 'model_data': $states.result.ModelArtifacts.S3ModelArtifacts}]) %}"
)


class Training(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        environment: Environment,
        namespace: str,
        lake: Lake,
        transform: Function,
    ) -> None:
        super().__init__(
            scope, id, env=cdk.Environment(account=environment.account, region=environment.region)
        )
        self._environment = environment
        self._lake = lake
        self._code = Code(self, "Code")
        self._wheels = self._wheels_asset(environment.training_wheels)
        self.artifacts = Artifacts(self, "Artifacts", retain=environment.retain_data)
        self.groups = {model: self._registry(model) for model in environment.models}
        self.job_role = self._job_role()
        self.register = self._register(namespace)
        self.pipeline = self._pipeline(transform)
        cdk.CfnOutput(self, "ArtifactsBucket", value=self.artifacts.bucket_name)
        cdk.CfnOutput(self, "PipelineArn", value=self.pipeline.state_machine_arn)
        for model in environment.models:
            cdk.CfnOutput(
                self,
                f"Group-{model}",
                key=f"Group{model.replace('_', '')}",
                value=group_name(environment.name, model),
            )
        self.watched = self._watched(cdk.Duration.seconds(environment.alarm_period_seconds))

    def _wheels_asset(self, folder: str | None) -> assets.Asset | None:
        if folder is None:
            return None
        if not (path := ROOT / folder).is_dir():
            raise FileNotFoundError(f"{folder} is missing: `make build` makes it")
        return assets.Asset(self, "Wheels", path=str(path))

    def _registry(self, model: str) -> sagemaker.CfnModelPackageGroup:
        group = sagemaker.CfnModelPackageGroup(
            self,
            f"Registry-{model}",
            model_package_group_name=group_name(self._environment.name, model),
            model_package_group_description=f"Versions of {model}: metrics, lineage, approval",
        )
        if self._environment.retain_data:
            group.apply_removal_policy(kept(True))
        return group

    def _job_role(self) -> iam.Role:
        role = iam.Role(self, "JobRole", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        statements = [
            (["s3:GetObject"], [self._lake.arn_for_objects("snapshots/*"), *map(_object_arn, self._inputs)]),
            (["s3:PutObject"], [self.artifacts.arn_for_objects("models/*")]),
            (
                ["s3:ListBucket"],
                [self._lake.bucket_arn, *dict.fromkeys(asset.bucket.bucket_arn for asset in self._inputs)],
            ),
            (["kms:Decrypt"], [self._lake.key.key_arn]),
            # SageMaker pulls AWS's image with this role; a token for the registry is not tied to a resource
            (["ecr:GetAuthorizationToken"], ["*"]),
            (
                ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                [image_repository_arn(self._environment.region)],
            ),
            # SageMaker names one log stream per job and instance
            (
                [
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                ],
                [self._job_logs],
            ),
        ]
        for actions, resources in statements:
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
        return role

    @property
    def _inputs(self) -> list[assets.Asset]:
        return [self._code, *([self._wheels] if self._wheels else [])]

    @property
    def _job_logs(self) -> str:
        return self.format_arn(
            service="logs",
            resource="log-group",
            resource_name="/aws/sagemaker/TrainingJobs*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )

    def _register(self, namespace: str) -> Function:
        settings = RegisterSettings(
            approval=self._environment.approval,
            metrics_namespace=namespace,
        )
        register = Function(
            self,
            "Register",
            module="register",
            settings=settings,
            description="Checks an artifact, holds it against its gates and registers it",
            memory_mb=1024,
            timeout_seconds=120,
        )
        register.allow("s3:GetObject", on=[self.artifacts.arn_for_objects("models/*")])
        register.allow(
            "sagemaker:CreateModelPackage",
            "sagemaker:DescribeModelPackage",
            "sagemaker:ListModelPackages",
            "sagemaker:UpdateModelPackage",
            on=package_arns(self, self._environment),
        )
        return register

    def _pipeline(self, transform: Function) -> StateMachine:
        machine = StateMachine(
            self,
            "Pipeline",
            definition=self._definition(transform),
            comment="Clean tables, then per model: snapshot, training job, gate, registry",
            timeout=cdk.Duration.hours(12),
        )
        for statement in self._job_statements():
            machine.add_to_role_policy(statement)
        if self._environment.schedule:
            events.Rule(
                self,
                "Schedule",
                schedule=events.Schedule.expression(self._environment.schedule),
                targets=[targets.SfnStateMachine(machine)],
            )
        return machine

    def _definition(self, transform: Function) -> sfn.IChainable:
        start = sfn.Pass.jsonata(
            self,
            "As of",
            comment="Sessions count up to this moment: now, or what the caller says",
            outputs={"as_of": AS_OF},
        )
        chain = sfn.Chain.start(start)
        for layer in ("staging", "intermediate", "marts"):
            chain = chain.next(self._run_layer(transform, layer))
        models = sfn.Map.jsonata(
            self,
            "Models",
            items=sfn.ProvideItems.json_array([{"model": model} for model in self._environment.models]),
            item_selector={
                "model": "{% $states.context.Map.Item.Value.model %}",
                "as_of": "{% $states.input.as_of %}",
                "id": "{% $states.context.Execution.Name %}",
            },
        )
        models.item_processor(self._snapshot(transform).next(self._train()).next(self._register_step()))
        return chain.next(models)

    def _run_layer(self, transform: Function, layer: str) -> tasks.LambdaInvoke:
        return tasks.LambdaInvoke.jsonata(
            self,
            f"Transform {layer}",
            lambda_function=transform,
            payload=sfn.TaskInput.from_object({"action": "transform", "layer": layer}),
            outputs="{% $states.input %}",
        )

    def _snapshot(self, transform: Function) -> tasks.LambdaInvoke:
        return tasks.LambdaInvoke.jsonata(
            self,
            "Snapshot",
            lambda_function=transform,
            payload=sfn.TaskInput.from_object(
                {
                    "action": "snapshot",
                    "model": "{% $states.input.model %}",
                    "snapshot_id": "{% $states.input.id %}",
                    "as_of": "{% $states.input.as_of %}",
                }
            ),
            outputs="{% $merge([$states.input, {'snapshot': $states.result.Payload}]) %}",
        )

    def _train(self) -> sfn.CustomState:
        """CDK's own task knows neither spot nor an entry point, so the state is written out."""
        channels = {
            "snapshot": "{% $states.input.snapshot.uri %}",
            "code": self._code.s3_object_url,
            **({"wheels": self._wheels.s3_object_url} if self._wheels else {}),
        }
        request = create_training_job(
            name=JOB_NAME,
            role_arn=self.job_role.role_arn,
            region=self._environment.region,
            instance=self._environment.training_instance,
            channels=channels,
            output_uri=f"{self.artifacts.s3_url_for_object('models')}/",
            hyperparameters={
                "model": "{% $states.input.model %}",
                "as_of": "{% $states.input.as_of %}",
                "seed": SEED,
                "code_version": self._code.asset_hash,
            },
            tags={"model": "{% $states.input.model %}", "environment": self._environment.name},
        )
        return sfn.CustomState(
            self,
            "Train",
            state_json={
                "Type": "Task",
                "QueryLanguage": "JSONata",
                "Resource": f"arn:{self.partition}:states:::sagemaker:createTrainingJob.sync",
                "Arguments": request,
                "Output": TRAINED,
                "Retry": [
                    {
                        "ErrorEquals": [
                            "SageMaker.ThrottlingException",
                            "SageMaker.ResourceLimitExceededException",
                        ],
                        "IntervalSeconds": 10,
                        "MaxAttempts": 5,
                        "BackoffRate": 2,
                    }
                ],
            },
        )

    def _register_step(self) -> tasks.LambdaInvoke:
        prefix = group_name(self._environment.name, "")
        return tasks.LambdaInvoke.jsonata(
            self,
            "Gate and register",
            lambda_function=self.register,
            payload=sfn.TaskInput.from_object(
                {
                    "model": "{% $states.input.model %}",
                    "group": f"{{% '{prefix}' & $replace($states.input.model, '_', '-') %}}",
                    "job": "{% $states.input.job %}",
                    "model_data": "{% $states.input.model_data %}",
                    "snapshot_id": "{% $states.input.id %}",
                }
            ),
            outputs="{% $states.result.Payload %}",
        )

    def _job_statements(self) -> list[iam.PolicyStatement]:
        """A CustomState brings no permissions of its own."""
        jobs = self.format_arn(service="sagemaker", resource="training-job", resource_name="*")
        rule = self.format_arn(
            service="events",
            resource="rule",
            resource_name="StepFunctionsGetEventsForSageMakerTrainingJobsRule",
        )
        return [
            iam.PolicyStatement(
                actions=[
                    "sagemaker:AddTags",
                    "sagemaker:CreateTrainingJob",
                    "sagemaker:DescribeTrainingJob",
                    "sagemaker:ListTags",
                    "sagemaker:StopTrainingJob",
                ],
                resources=[jobs],  # a job's name holds the execution's, which nobody knows beforehand
            ),
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self.job_role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
            iam.PolicyStatement(
                actions=["events:DescribeRule", "events:PutRule", "events:PutTargets"], resources=[rule]
            ),
        ]

    def _watched(self, period: cdk.Duration) -> list[Watched]:
        return [
            Watched(
                name="training-failed",
                metric=self.pipeline.metric_failed(period=period),
                threshold=1,
                first_action="Open the failed execution of the pipeline: the red state says why. "
                "What is live stays live; start it again when the cause is gone.",
            ),
            Watched(
                name="training-timed-out",
                metric=self.pipeline.metric_timed_out(period=period),
                threshold=1,
                first_action="Open the execution of the pipeline: the state that was running took longer "
                "than all of it may. Stop the job if it still runs, then start the pipeline again.",
            ),
        ]


class Artifacts(s3.Bucket):
    """Models and the layers baked from them; versioned, kept."""

    def __init__(self, scope: Construct, id: str, *, retain: bool) -> None:
        super().__init__(
            scope,
            id,
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            removal_policy=kept(retain),
        )


def group_name(environment: str, model: str) -> str:
    """The model package group of *model*; SageMaker allows no underscore."""
    return f"skiff-{environment}-{model.replace('_', '-')}"


def package_arns(stack: cdk.Stack, environment: Environment) -> list[str]:
    """Every model's group and its versions, which are numbered as they come."""
    groups = [group_name(environment.name, model) for model in environment.models]
    return [
        stack.format_arn(service="sagemaker", resource=resource, resource_name=name)
        for group in groups
        for resource, name in (("model-package-group", group), ("model-package", f"{group}/*"))
    ]


def _object_arn(asset: assets.Asset) -> str:
    return asset.bucket.arn_for_objects(asset.s3_object_key)
