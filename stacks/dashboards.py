"""
Two pages: one for whoever is on call, one for whoever wants to know what it is worth.
"""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.watched import Objective, Watched

DAY = cdk.Duration.days(1)
MONTH = cdk.Duration.days(30)


def on_call(
    scope: cdk.Stack,
    name: str,
    *,
    alarms: Mapping[str, cloudwatch.Alarm],
    watched: Sequence[Watched],
    objectives: Sequence[Objective],
) -> None:
    """What is in alarm, how much error budget is left, and the numbers behind each alarm, by pillar."""
    pillars = list(dict.fromkeys(item.pillar for item in watched))
    cloudwatch.Dashboard(
        scope,
        "OnCall",
        dashboard_name=name,
        widgets=[
            [cloudwatch.AlarmStatusWidget(alarms=list(alarms.values()), title="Alarms", width=24, height=6)],
            [
                cloudwatch.SingleValueWidget(
                    title="Error budget left, 30 days, percent",
                    metrics=[_budget_left(each, number) for number, each in enumerate(objectives)],
                    width=24,
                )
            ],
            *(
                [
                    cloudwatch.TextWidget(markdown=f"## {pillar}", width=24, height=1),
                    *(
                        cloudwatch.AlarmWidget(alarm=alarms[item.name], title=item.name, width=6)
                        for item in watched
                        if item.pillar == pillar
                    ),
                ]
                for pillar in pillars
            ),
        ],
    )


def _budget_left(objective: Objective, number: int) -> cloudwatch.MathExpression:
    """*number* keeps the ids of one widget's metrics apart."""
    return cloudwatch.MathExpression(
        expression=f"100 * (1 - (bad{number} / total{number}) / {round(1 - objective.target, 6)})",
        using_metrics={
            f"bad{number}": objective.bad.with_(period=MONTH, statistic="Sum"),
            f"total{number}": objective.total.with_(period=MONTH, statistic="Sum"),
        },
        period=MONTH,
        label=objective.name,
    )


def business(scope: cdk.Stack, name: str, *, namespace: str, models: Sequence[str]) -> None:
    """Sessions, orders and revenue of the last day; what each model is worth, and how good it is live."""

    def shop(metric: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(namespace=namespace, metric_name=metric, statistic="Maximum", period=DAY)

    def of_models(metric: str) -> list[cloudwatch.IMetric]:
        return [
            cloudwatch.Metric(
                namespace=namespace,
                metric_name=metric,
                dimensions_map={"model": model},
                statistic="Maximum",
                period=DAY,
                label=model,
            )
            for model in models
        ]

    conversion = cloudwatch.MathExpression(
        expression="100 * orders / sessions",
        using_metrics={"orders": shop("Orders"), "sessions": shop("Sessions")},
        period=DAY,
        label="orders per 100 sessions",
    )
    graphs: dict[str, list[cloudwatch.IMetric]] = {
        "Sessions and orders of a day": [shop("Sessions"), shop("Orders")],
        "Conversion": [conversion],
        "Revenue of a day": [shop("Revenue")],
        "Value of hits in four weeks, US dollars, by each contract's assumption": of_models("ModelValue"),
        "Answers that were clicked": of_models("ClickShare"),
        "Quality, live": of_models("LiveQuality"),
        "Age of the models, days": of_models("StalenessDays"),
        "Estimated charges, US dollars": [
            cloudwatch.Metric(
                namespace="AWS/Billing",
                metric_name="EstimatedCharges",
                dimensions_map={"Currency": "USD"},
                statistic="Maximum",
                period=DAY,
                region="us-east-1",  # AWS counts charges there alone
            )
        ],
    }
    widgets = [
        cloudwatch.GraphWidget(title=title, left=metrics, width=8) for title, metrics in graphs.items()
    ]
    cloudwatch.Dashboard(
        scope,
        "Business",
        dashboard_name=name,
        default_interval=MONTH,
        widgets=[widgets],  # 24 columns: CloudWatch wraps them
    )
