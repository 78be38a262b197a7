"""
purchase_intent, declared.
"""

from domain.contract import Baseline, Check, Contract, Mart, Metric, Search, Value
from training.purchase_intent.features import FEATURES

CONTRACT = Contract(
    model="purchase_intent",
    question="Will this session buy?",
    owner="growth",
    reads=Mart(
        table="marts.purchase_intent_sessions",
        columns=(
            "session_key",
            "site",
            "client_id",
            "started_at",
            "ended_at",
            "event_names",
            "occurred_at_ms",
            "item_ids",
            "event_values",
            "has_purchase",
        ),
    ),
    label="has_purchase",
    features=FEATURES,
    metrics=(
        Metric(
            name="auc",
            meaning="of a session that bought and one that did not, how often the first was given the higher "
            "probability: 0.5 is a coin",
        ),
        Metric(
            name="average_precision",
            meaning="share of buyers among those ranked highest, averaged over how far down one goes; "
            "without a model it is the share of sessions that buy",
        ),
        Metric(
            name="log_loss",
            meaning="how surprised the probabilities were by what happened",
            is_higher_better=False,
        ),
        Metric(
            name="calibration_error",
            meaning="how far a probability lies, on average, from the share that bought among sessions that "
            "were given about the same",
            is_higher_better=False,
        ),
        Metric(
            name="calibration_error_before",
            meaning="the same, as the trees say it, before calibration",
            is_higher_better=False,
        ),
    ),
    baselines=(
        Baseline(name="majority", meaning="the share of all sessions that buy, the same for everybody"),
        Baseline(
            name="last_action", meaning="the share that buys among sessions that just did the same thing"
        ),
    ),
    minimum_lead=0.01,
    champion_margin=0.005,
    slices=("session_length", "visitor", "site"),
    checks=(
        Check(
            name="added_to_cart",
            meaning="by how much the probability falls, at worst, when one more item is put into the cart",
            at_most=0.0,
            is_blocking=True,
        ),
        Check(
            name="calibration",
            meaning="how far a probability lies, on average, from what happened",
            at_most=0.1,  # of a small shop's test, chance alone makes half of it
            is_blocking=True,
        ),
        Check(
            name="swapped_events",
            meaning="mean change of the probability when the last two events change places",
            at_most=0.05,
        ),
        Check(
            name="dropped_event",
            meaning="mean change of the probability when the first event is forgotten",
            at_most=0.05,
        ),
        Check(
            name="cold_start",
            meaning="share of odd requests (no event, no moment, an unknown item, half a character, times "
            "that run backwards) that are answered with a probability, without an error",
            at_least=1.0,
            is_blocking=True,
        ),
        Check(
            name="stale_data",
            meaning="what is lost of the first metric if the newest three days are missing from what the "
            "model learns from",
            at_most=0.1,
        ),
    ),
    test_days=3,
    validation_days=3,
    test_sessions=10_000,
    validation_sessions=5_000,
    max_age_hours=48,
    latency_ms=1.0,
    search=Search(
        space={
            "trees": (100, 50, 200),
            "leaves": (8, 4, 16),
            "feature_share": (1.0, 0.5),  # of the features, drawn anew for each tree
            "min_hessian": (5.0, 1.0, 20.0),  # least weight of a leaf: about 4 to 20 sessions each
        },
        points=12,
        jobs=3,
    ),
    value=Value(
        usd=0.5,
        per="buyer who was among the tenth with the highest probability",
        meaning="assumed: of 20 that are offered help or free shipping in time, one more buys, which leaves "
        "ten dollars",
    ),
    intended_use="Decide during a session whom to offer help, a discount or nothing at all.",
    limits=(
        "It sees one session, not the customer: what somebody bought before does not count.",
        "Amounts are compared as they are sent: a shop that sells in two currencies needs two sites.",
        "It says who buys, not who buys because of an offer: that takes an experiment.",
        "Of a session of more than 50 events, what a request can hold, it has learned from the first 50.",
    ),
)
