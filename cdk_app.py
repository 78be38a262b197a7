"""
What is deployed: one stage per environment, its stacks in the order data flows.

    make deploy ENV=dev        only that environment's stacks
    make synth                 every environment's templates, without an account
"""

from dataclasses import replace

import aws_cdk as cdk
from constructs import Construct

from stacks.delivery import Delivery
from stacks.environments import ENVIRONMENTS, Environment
from stacks.ingestion import Ingestion
from stacks.monitoring import Monitoring
from stacks.serving import Serving
from stacks.training import Training
from stacks.warehouse import Warehouse
from stacks.watch import WatchedParts


class Skiff(cdk.Stage):
    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, environment.name, stage_name=f"skiff-{environment.name}")
        namespace = f"Skiff/{environment.name}"
        ingestion = Ingestion(self, "Ingestion", environment=environment, namespace=namespace)
        warehouse = Warehouse(
            self, "Warehouse", environment=environment, namespace=namespace, lake=ingestion.lake
        )
        training = Training(
            self,
            "Training",
            environment=environment,
            namespace=namespace,
            lake=ingestion.lake,
            log=ingestion.events,
            transform=warehouse.transform,
        )
        serving = Serving(
            self,
            "Serving",
            environment=environment,
            namespace=namespace,
            api=ingestion.api,
            lake=ingestion.lake,
            artifacts=training.artifacts,
            transform=warehouse.transform,
            log=ingestion.events,
        )
        pillars = (ingestion, warehouse, training, serving)
        watched = [item for pillar in pillars for item in pillar.watched]
        Monitoring(
            self,
            "Monitoring",
            environment=environment,
            namespace=namespace,
            parts=WatchedParts(
                endpoints=serving.endpoints,
                artifacts=training.artifacts,
                transform=warehouse.transform,
                pipeline=training.pipeline,
            ),
            watched=watched,
            objectives=[*ingestion.objectives, *serving.objectives],
        )
        for pillar in pillars:
            pillar.termination_protection = (
                environment.retain_data
            )  # what is kept is not torn down by accident
        if environment.github_repository:
            Delivery(self, "Delivery", environment=environment, repository=environment.github_repository)
        cdk.Tags.of(self).add("project", "skiff")
        cdk.Tags.of(self).add("environment", environment.name)


def app(**options: object) -> cdk.App:
    app = cdk.App(**options)  # type: ignore[arg-type]  # what cdk.App takes, tests pass an output folder
    port = app.node.try_get_context("snowflake_port")  # where the offline warehouse found a free port
    for environment in ENVIRONMENTS:
        if port and environment.snowflake.host == "127.0.0.1":
            environment = replace(environment, snowflake=replace(environment.snowflake, port=int(port)))
        Skiff(app, environment)
    return app


if __name__ == "__main__":
    app().synth()
