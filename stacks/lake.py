"""
The lake: the log of everything that arrived, and the streams that write it.
"""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.watched import Watched

LATE_SECONDS = 1800  # a file is written after 300 at the latest


def kept(retain: bool) -> cdk.RemovalPolicy:
    """Data outlives its stack, but not a first deploy that failed: the second would trip over it."""
    return cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if retain else cdk.RemovalPolicy.DESTROY


class Lake(s3.Bucket):
    """Append-only and versioned; nothing is served from here, everything can be rebuilt from here."""

    def __init__(self, scope: Construct, id: str, *, retain: bool) -> None:
        policy = kept(retain)
        self.key = kms.Key(
            scope,
            f"{id}Key",
            description="Encrypts the lake: raw events, refused events, snapshots",
            enable_key_rotation=True,
            removal_policy=policy,
        )
        super().__init__(
            scope,
            id,
            versioned=True,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,  # one KMS call per hour and writer in place of one per object
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            removal_policy=policy,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="cool-down",
                    transitions=[
                        s3.Transition(
                            storage_class=s3.StorageClass.INTELLIGENT_TIERING,
                            transition_after=cdk.Duration.days(30),
                        )
                    ],
                    noncurrent_version_expiration=cdk.Duration.days(90),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                )
            ],
        )


class Delivery(Construct):
    """A Firehose that writes gzip files under <prefix>YYYY/MM/DD/HH/ (UTC) of the lake."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        lake: Lake | s3.IBucket,
        key: kms.IKey,
        prefix: str,
        buffer_seconds: int,
        from_log_group: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("firehose.amazonaws.com"))
        self.log = logs.LogGroup(
            self, "Log", retention=logs.RetentionDays.ONE_MONTH, removal_policy=cdk.RemovalPolicy.DESTROY
        )
        errors = self.log.add_stream("Errors")
        self._allow(lake, key, prefix)
        self.stream = firehose.CfnDeliveryStream(
            self,
            "Stream",
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=(
                firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
                    key_type="AWS_OWNED_CMK"
                )
            ),
            extended_s3_destination_configuration=firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=lake.bucket_arn,
                role_arn=self.role.role_arn,
                prefix=prefix,
                error_output_prefix=f"undelivered/{prefix}!{{firehose:error-output-type}}/",
                compression_format="GZIP",
                buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                    interval_in_seconds=buffer_seconds, size_in_m_bs=16
                ),
                cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                    enabled=True,
                    log_group_name=self.log.log_group_name,
                    log_stream_name=errors.log_stream_name,
                ),
                processing_configuration=_unpack_log_events() if from_log_group else None,
            ),
        )
        self.stream.node.add_dependency(self.role)

    def _allow(self, lake: s3.IBucket, key: kms.IKey, prefix: str) -> None:
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:AbortMultipartUpload", "s3:PutObject"],
                # Firehose chooses the object's name below the prefix
                resources=[
                    lake.arn_for_objects(f"{prefix}*"),
                    lake.arn_for_objects(f"undelivered/{prefix}*"),
                ],
            )
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                resources=[lake.bucket_arn],
            )
        )
        self.role.add_to_policy(
            iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn])
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:PutLogEvents"],
                resources=[f"{self.log.log_group_arn}:log-stream:*"],  # Firehose's own error stream
            )
        )

    def grant_put(self, grantee: iam.IGrantable, *actions: str) -> None:
        iam.Grant.add_to_principal(
            grantee=grantee, actions=list(actions), resource_arns=[self.stream.attr_arn]
        )

    def late(self, *, name: str) -> Watched:
        """Firehose keeps what it cannot deliver for a day, then drops it."""
        metric = cloudwatch.Metric(
            namespace="AWS/Firehose",
            metric_name="DeliveryToS3.DataFreshness",
            dimensions_map={"DeliveryStreamName": self.stream.ref},
            statistic="Maximum",
            period=cdk.Duration.minutes(5),
        )
        return Watched(
            name=name,
            metric=metric,
            threshold=LATE_SECONDS,
            first_action="Read the stream's error log: the lake's bucket or key refuses it. "
            "What is not delivered within 24 hours is lost.",
        )


def _unpack_log_events() -> firehose.CfnDeliveryStream.ProcessingConfigurationProperty:
    """CloudWatch Logs sends gzipped envelopes; the lake gets the messages in them, one per line."""
    stream = firehose.CfnDeliveryStream

    def processor(kind: str, name: str, value: str) -> firehose.CfnDeliveryStream.ProcessorProperty:
        parameter = stream.ProcessorParameterProperty(parameter_name=name, parameter_value=value)
        return stream.ProcessorProperty(type=kind, parameters=[parameter])

    return stream.ProcessingConfigurationProperty(
        enabled=True,
        processors=[
            processor("Decompression", "CompressionFormat", "GZIP"),
            processor("CloudWatchLogProcessing", "DataMessageExtraction", "true"),
        ],
    )
