"""
Monitoring: the watch, every alarm that the pillars ask for, whom they tell, two pages to look at, a budget.
"""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks import dashboards
from stacks.environments import Environment
from stacks.release import HEALTH
from stacks.watch import Watch, WatchedParts
from stacks.watched import Objective, Watched

BUDGET_WARNING_PERCENT = 80
DAY = 24 * 3600  # seconds


class Monitoring(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        environment: Environment,
        namespace: str,
        parts: WatchedParts,
        watched: Sequence[Watched],
        objectives: Sequence[Objective],
    ) -> None:
        super().__init__(
            scope, id, env=cdk.Environment(account=environment.account, region=environment.region)
        )
        self._environment = environment
        self.watch = Watch(self, "Watch", environment=environment, namespace=namespace, parts=parts)
        self.topic = self._topic()
        everything = [*watched, *self.watch.watched()]
        alarms = {item.name: self._alarm(item) for item in everything}
        burning = {objective.name: self._burning(objective) for objective in objectives}
        self._composites(everything, alarms, objectives, burning)
        dashboards.on_call(
            self, f"skiff-{environment.name}", alarms=alarms, watched=everything, objectives=objectives
        )
        dashboards.business(
            self, f"skiff-{environment.name}-business", namespace=namespace, models=environment.models
        )
        self._slack()
        self._budget()
        cdk.CfnOutput(self, "AlarmTopic", value=self.topic.topic_arn)
        cdk.CfnOutput(self, "WatchFunction", value=self.watch.function_name)

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
        operator = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self,
            item.name,
            alarm_name=self._named(item.name),
            alarm_description=_described(item),
            metric=item.metric,
            threshold=item.threshold,
            comparison_operator=operator.LESS_THAN_OR_EQUAL_TO_THRESHOLD
            if item.is_below
            else operator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING
            if item.is_silence_bad
            else cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        self._tell(alarm)
        return alarm

    def _tell(self, alarm: cloudwatch.Alarm | cloudwatch.CompositeAlarm) -> None:
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))

    def _burning(self, objective: Objective) -> cloudwatch.CompositeAlarm:
        """
        One alarm that people hear of, over quiet ones by window: the long one says that it matters, the short
        one that it still goes on.
        """
        pairs = [
            cloudwatch.AlarmRule.all_of(*(self._burn(objective, seconds, speed) for seconds in (long, short)))
            for long, short, speed in self._environment.slo_windows
        ]
        alarm = cloudwatch.CompositeAlarm(
            self,
            objective.name,
            composite_alarm_name=self._named(objective.name),
            alarm_description=_described(objective),
            alarm_rule=cloudwatch.AlarmRule.any_of(*pairs),
        )
        self._tell(alarm)
        return alarm

    def _burn(self, objective: Objective, seconds: int, speed: float) -> cloudwatch.Alarm:
        """
        The error budget burns *speed* times faster than it may, over so many *seconds*; where those are more
        than a day, the longest period of a metric, on each of the days.
        """
        period = cdk.Duration.seconds(min(seconds, DAY))
        burn = cloudwatch.MathExpression(
            expression=f"(bad / total) / {round(1 - objective.target, 6)}",
            using_metrics={
                "bad": objective.bad.with_(period=period, statistic="Sum"),
                "total": objective.total.with_(period=period, statistic="Sum"),
            },
            period=period,
            label=f"{objective.name}, times too fast",
        )
        name = f"{objective.name}-{seconds}s-{speed:g}x"
        return cloudwatch.Alarm(
            self,
            name,
            alarm_name=self._named(name),
            alarm_description=f"A part of {self._named(objective.name)}: nobody is told of it alone.",
            metric=burn,
            threshold=speed,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=max(seconds // DAY, 1),
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _composites(
        self,
        watched: Sequence[Watched],
        alarms: dict[str, cloudwatch.Alarm],
        objectives: Sequence[Objective],
        burning: dict[str, cloudwatch.CompositeAlarm],
    ) -> None:
        """A light for each pillar and one for all, to look at: people were told by what is behind it."""
        pillars: dict[str, list[cloudwatch.IAlarmRule]] = {}
        for item in watched:
            pillars.setdefault(item.pillar, []).append(alarms[item.name])
        for objective in objectives:
            pillars.setdefault(objective.name.partition("-")[0], []).append(burning[objective.name])
        lights = [
            self._light(pillar, f"Something of {pillar} is in alarm: its own alarms say what.", rules)
            for pillar, rules in pillars.items()
        ]
        self._light("all", "Something is in alarm: the pillars' lights say where.", lights)
        health = [alarms[item.name] for item in watched if item.is_health]
        meaning = "Requests fail, or are answered without the model: ends a release that brought it about."
        self._light(HEALTH, meaning, health)

    def _light(
        self, name: str, meaning: str, rules: Sequence[cloudwatch.IAlarmRule]
    ) -> cloudwatch.CompositeAlarm:
        return cloudwatch.CompositeAlarm(
            self,
            f"Light-{name}",
            composite_alarm_name=self._named(name),
            alarm_description=meaning,
            alarm_rule=cloudwatch.AlarmRule.any_of(*rules),
        )

    def _named(self, name: str) -> str:
        return f"skiff-{self._environment.name}-{name}"

    def _slack(self) -> None:
        """Alarms in a channel, where AWS Chatbot was let into the workspace; its role may do nothing."""
        if self._environment.slack is None:
            return
        workspace, channel = self._environment.slack
        chatbot.SlackChannelConfiguration(
            self,
            "Slack",
            slack_channel_configuration_name=self._named("alarms"),
            slack_workspace_id=workspace,
            slack_channel_id=channel,
            notification_topics=[self.topic],
            role=iam.Role(self, "SlackRole", assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com")),
            guardrail_policies=[iam.ManagedPolicy.from_aws_managed_policy_name("CloudWatchReadOnlyAccess")],
        )

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


def _described(item: Watched | Objective) -> str:
    return f"{item.first_action} Owner: {item.owner}."
