"""
What AWS asks for: list prices without free tiers, as its price pages gave them on READ_ON.
"""

import math

READ_ON = "2026-11-22"
REGION = "eu-west-1"
LAMBDA_GB_SECOND = 0.0000133334  # arm64, first tier
LAMBDA_MILLION_REQUESTS = 0.20
HTTP_API_MILLION = 1.11
MEMORY_GB = 1.0  # of the predict functions; 1,769 MB are one core, so they have 0.58 of one
CORES = 1024 / 1769

INSTANCE = "c7g.large"  # 2 cores, arm64
INSTANCE_HOUR = 0.0773
CORES_OF_INSTANCE = 2
LOAD_BALANCER_HOUR = 0.0252
HOURS = 730
BUSY = 0.5  # of the cores at most, so that peaks fit
LEAST = 2  # instances, so that one may fail


def lambda_million(seconds: float) -> float:
    """A million answers behind an HTTP API, each of so many *seconds* on a whole core."""
    billed = math.ceil(seconds / CORES * 1000) / 1000  # by the millisecond, begun ones count
    return LAMBDA_MILLION_REQUESTS + HTTP_API_MILLION + 1e6 * billed * MEMORY_GB * LAMBDA_GB_SECOND


def servers_month(requests: float, cpu_seconds: float) -> float:
    """Instances for so many *requests* a month; the busiest hour has three times the mean."""
    cores = 3 * requests * cpu_seconds / (HOURS * 3600) / BUSY
    instances = max(LEAST, math.ceil(cores / CORES_OF_INSTANCE))
    return HOURS * (instances * INSTANCE_HOUR + LOAD_BALANCER_HOUR)
