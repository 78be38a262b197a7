"""
Monitoring: every alarm that the pillars ask for, the people they tell, a page to look at, a budget.
"""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.environments import Environment
from stacks.watched import Watched

BUDGET_WARNING_PERCENT = 80


class Monitoring(cdk.Stack):
    def __init__(
        self, scope: Construct, id: str, *, environment: Environment, watched: Sequence[Watched]
    ) -> None:
        super().__init__(
            scope, id, env=cdk.Environment(account=environment.account, region=environment.region)
        )
        self._environment = environment
        self.topic = self._topic()
        self.alarms = [self._alarm(item) for item in watched]
        cloudwatch.Dashboard(
            self,
            "OnCall",
            dashboard_name=f"skiff-{environment.name}",
            widgets=[[cloudwatch.AlarmStatusWidget(alarms=list(self.alarms), title="Alarms", width=24)]]
            + [
                [cloudwatch.AlarmWidget(alarm=alarm, title=item.name)]
                for alarm, item in zip(self.alarms, watched, strict=True)
            ],
        )
        self._budget()
        cdk.CfnOutput(self, "AlarmTopic", value=self.topic.topic_arn)

    def _topic(self) -> sns.Topic:
        key = kms.Key(
            self,
            "TopicKey",
            description="Encrypts alarm messages",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        key.grant_encrypt_decrypt(iam.ServicePrincipal("cloudwatch.amazonaws.com"))
        topic = sns.Topic(self, "Alarms", master_key=key, enforce_ssl=True)
        # a policy of our own replaces SNS's default, which lets the account's alarms in
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        if self._environment.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(self._environment.alarm_email))
        return topic

    def _alarm(self, item: Watched) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            item.name,
            alarm_name=f"skiff-{self._environment.name}-{item.name}",
            alarm_description=item.first_action,
            metric=item.metric,
            threshold=item.threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))
        return alarm

    def _budget(self) -> None:
        if self._environment.alarm_email is None:
            return
        budget = budgets.CfnBudget
        budget(
            self,
            "Budget",
            budget=budget.BudgetDataProperty(
                budget_name=f"skiff-{self._environment.name}",
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budget.SpendProperty(amount=self._environment.monthly_budget_usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budget.NotificationWithSubscribersProperty(
                    notification=budget.NotificationProperty(
                        notification_type="FORECASTED",
                        comparison_operator="GREATER_THAN",
                        threshold=BUDGET_WARNING_PERCENT,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[
                        budget.SubscriberProperty(
                            subscription_type="EMAIL", address=self._environment.alarm_email
                        )
                    ],
                )
            ],
        )
