"""
top_items, declared.
"""

from domain.contract import Baseline, Check, Contract, Mart, Metric, Search, Value

CONTRACT = Contract(
    model="top_items",
    question="What will this customer look at or buy in the days to come?",
    owner="recommendations",
    # marts.customer_items has forgotten when things happened in between: it cannot be cut by time
    reads=Mart(
        table="intermediate.item_events",
        columns=("site", "customer_id", "item_id", "name", "occurred_at"),
    ),
    label="next_items",
    features=("items_so_far",),
    metrics=(
        Metric(
            name="recall_20",
            meaning="share of the items that a known customer then looked at or bought that were among 20 "
            "suggestions",
        ),
        Metric(name="hit_rate_20", meaning="share of known customers for whom at least one of them was"),
        Metric(
            name="recall_20_new",
            meaning="the same as the first, of items that the customer had not had to do with",
        ),
        Metric(name="recall_20_all", meaning="the same as the first, with customers who were not known"),
    ),
    baselines=(
        Baseline(
            name="popularity",
            meaning="what most customers looked at or bought lately, for everybody",
        ),
        Baseline(name="bought_before", meaning="what the customer had to do with before, the latest first"),
    ),
    minimum_lead=0.01,
    champion_margin=0.005,
    slices=("history", "novelty", "site"),
    checks=(
        Check(
            name="coverage",
            meaning="share of all items that are among anybody's first 20",
            at_least=0.05,
            is_blocking=True,
        ),
        Check(
            name="popularity_bias",
            meaning="how much more popular, on average, a suggested item is than one looked at or bought: 1 "
            "is as popular",
            at_most=10.0,
        ),
        Check(
            name="diversity",
            meaning="share of the first 20 that two customers do not have in common",
            at_least=0.3,
            is_blocking=True,
        ),
        Check(
            name="cold_start",
            meaning="share of odd requests (nobody, an unknown customer, half a character) that get what is "
            "popular, and are told so",
            at_least=1.0,
            is_blocking=True,
        ),
        Check(
            name="stale_data",
            meaning="recall that is lost if the newest week is missing from what the model learns from",
            at_most=0.1,
        ),
    ),
    test_days=7,
    validation_days=7,
    test_sessions=50_000,
    validation_sessions=50_000,
    max_age_hours=48,
    latency_ms=2.0,
    search=Search(
        space={
            "half_life_days": (60.0, 180.0, 20.0),  # after which an event counts half
            "shrinkage": (10.0, 3.0, 30.0),  # customers: what an overlap must exceed to be believed
            "own": (10.0, 1.0, 0.1),  # how much an item speaks for itself, beside those it is like
            "anybody": (0.1, 1.0, 10.0),  # and what is popular for everybody: little beside a long history
            "spread": (0.5, 0.7, 0.3),  # how much a popular item is held back as a suggestion
        },
        points=12,
    ),
    value=Value(
        usd=0.05,
        per="item found among the suggestions",
        meaning="assumed: of 100 such mails one more ends in an order that leaves five dollars",
    ),
    intended_use="Fill the first page, a mail or a push message for a customer who is known, once a night.",
    limits=(
        "Somebody who did nothing before the last training gets what is popular, and the answer says so.",
        "What happened today counts tomorrow.",
        "It follows what people do, not what is in stock or allowed: the shop filters with `exclude`.",
        "A customer of two sites is one, who may be suggested the items of both.",
        "A batch of some 300,000 customers fits the largest artifact.",
    ),
)
