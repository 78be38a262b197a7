"""
Training: one state machine from clean tables to a registered model, for each model of the environment.
"""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from domain.other_settings import RegisterSettings
from domain.settings import Settings
from domain.training_job import image_repository_arn
from stacks.code import ROOT
from stacks.environments import Environment
from stacks.functions import Code, Function
from stacks.lake import Delivery, Lake, kept
from stacks.pipeline import Parts, Pipeline
from stacks.registry import Artifacts, group_name, package_arns
from stacks.trigger import Trigger
from stacks.watched import Watched


class Training(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        environment: Environment,
        namespace: str,
        lake: Lake,
        log: Delivery,
        transform: Function,
    ) -> None:
        super().__init__(
            scope, id, env=cdk.Environment(account=environment.account, region=environment.region)
        )
        self._environment = environment
        self._lake = lake
        self._log = log
        self._code = Code(self, "Code")
        self._wheels = self._wheels_asset(environment.training_wheels)
        self.artifacts = Artifacts(self, "Artifacts", retain=environment.retain_data)
        for model in environment.models:
            self._registry(model)
        self.job_role = self._job_role()
        self.champion = self._champion()
        self.register = self._register(namespace)
        self.pipeline = self._pipeline(transform)
        cdk.CfnOutput(self, "ArtifactsBucket", value=self.artifacts.bucket_name)
        cdk.CfnOutput(self, "PipelineArn", value=self.pipeline.state_machine_arn)
        cdk.CfnOutput(self, "JobRoleArn", value=self.job_role.role_arn)
        for channel, asset in (("Code", self._code), ("Wheels", self._wheels)):
            if asset:
                cdk.CfnOutput(self, f"Job{channel}", value=asset.s3_object_url)
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

    def _registry(self, model: str) -> None:
        group = sagemaker.CfnModelPackageGroup(
            self,
            f"Registry-{model}",
            model_package_group_name=group_name(self._environment.name, model),
            model_package_group_description=f"Versions of {model}: metrics, lineage, approval",
        )
        if self._environment.retain_data:
            group.apply_removal_policy(kept(True))

    def _job_role(self) -> iam.Role:
        role = iam.Role(self, "JobRole", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        own = [self.artifacts.arn_for_objects("models/*"), self.artifacts.arn_for_objects("checkpoints/*")]
        statements = [
            (
                ["s3:GetObject"],
                [self._lake.arn_for_objects("snapshots/*"), *own, *map(_object_arn, self._inputs)],
            ),
            (["s3:PutObject"], own),
            (
                ["s3:ListBucket"],
                [
                    self._lake.bucket_arn,
                    self.artifacts.bucket_arn,
                    *dict.fromkeys(asset.bucket.bucket_arn for asset in self._inputs),
                ],
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

    def _champion(self) -> Function:
        champion = Function(
            self,
            "Champion",
            module="champion",
            settings=Settings(),
            description="Finds the model in use, for a training job to be compared with",
            timeout_seconds=60,
        )
        champion.allow(
            "sagemaker:DescribeModelPackage",
            "sagemaker:ListModelPackages",
            on=package_arns(self, self._environment),
        )
        return champion

    def _register(self, namespace: str) -> Function:
        settings = RegisterSettings(
            approval=self._environment.approval,
            events_stream=self._log.stream.ref,
            metrics_namespace=namespace,
        )
        register = Function(
            self,
            "Register",
            module="register",
            settings=settings,
            description="Checks an artifact, holds it against its gates, registers it and logs the run",
            memory_mb=1024,
            timeout_seconds=120,
        )
        register.allow("s3:GetObject", "s3:PutObject", on=[self.artifacts.arn_for_objects("models/*")])
        self._log.grant_put(register, "firehose:PutRecordBatch")
        register.allow(
            "sagemaker:CreateModelPackage",
            "sagemaker:DescribeModelPackage",
            "sagemaker:ListModelPackages",
            "sagemaker:UpdateModelPackage",
            on=package_arns(self, self._environment),
        )
        return register

    def _pipeline(self, transform: Function) -> Pipeline:
        parts = Parts(
            environment=self._environment,
            transform=transform,
            champion=self.champion,
            register=self.register,
            job_role=self.job_role,
            code=self._code,
            wheels=self._wheels,
            artifacts=self.artifacts,
        )
        return Pipeline(self, "Pipeline", parts=parts)

    def _triggered(self) -> list[Watched]:
        schedule = self._environment.schedule
        if schedule is None:
            return []
        trigger = Trigger(self, "Schedule", starts=self.pipeline, schedule=schedule)
        return [trigger.watched("training-missed", by_hand="the pipeline's state machine, with {}")]

    def _watched(self, period: cdk.Duration) -> list[Watched]:
        return [
            *self._triggered(),
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


def _object_arn(asset: assets.Asset) -> str:
    return asset.bucket.arn_for_objects(asset.s3_object_key)
