"""
next_item, declared.
"""

from domain.contract import Baseline, Check, Contract, Mart, Metric, Search, Value

CONTRACT = Contract(
    model="next_item",
    question="Which items will this session look at next?",
    owner="recommendations",
    reads=Mart(
        table="marts.next_item_sessions",
        columns=("session_key", "site", "client_id", "item_ids", "occurred_at_ms"),
    ),
    label="next_item",
    features=("items_so_far",),
    metrics=(
        Metric(
            name="mrr_20_all",
            meaning="how far up the next item stands among 20 suggestions: 1 if always first, 0.5 if always "
            "second, 0 if never there. One that the model had never seen counts like any other",
        ),
        Metric(name="mrr_20", meaning="the same, of items that the model had seen"),
        Metric(
            name="hit_rate_20_all", meaning="share of the next items that are among 20 suggestions at all"
        ),
        Metric(name="hit_rate_20", meaning="the same, of items that the model had seen"),
    ),
    baselines=(
        Baseline(name="popularity", meaning="what most people looked at, the same for everybody"),
        Baseline(name="covisitation", meaning="what others looked at shortly before or after the same items"),
    ),
    minimum_lead=0.02,  # a day of staleness alone costs 0.013
    champion_margin=0.01,
    slices=("session_length", "popularity", "visitor", "site"),
    checks=(
        Check(
            name="coverage",
            meaning="share of all items that are suggested to anybody",
            at_least=0.05,
            is_blocking=True,
        ),
        Check(
            name="popularity_bias",
            meaning="how much more popular a suggested item is than one looked at; 1 is as popular",
            at_most=10.0,
        ),
        Check(
            name="diversity",
            meaning="share of the suggestions that two sessions do not have in common",
            at_least=0.5,
            is_blocking=True,
        ),
        Check(
            name="price_homogeneity",
            meaning="how far the price of the first suggestion is from that of the item looked at next, in "
            "powers of ten: 0.3 is twice or half of it; 0 where no price is known",
            at_most=0.5,
        ),
        Check(
            name="being_less_wrong",
            meaning="share of wrong first suggestions that people did look at together with the right item",
            at_least=0.05,
        ),
        Check(
            name="dropped_event",
            meaning="share of the suggestions that stay when the oldest item of a session is forgotten",
            at_least=0.4,
        ),
        Check(
            name="swapped_events",
            meaning="share of the suggestions that stay when the last two items change places",
            at_least=0.4,
        ),
        Check(
            name="head_and_tail",
            meaning="how well rarely seen items are found, in shares of the most popular tenth",
            at_least=0.3,
        ),
        Check(
            name="cold_start",
            meaning="share of odd requests (no event, unknown items, half a letter) that get what is popular",
            at_least=1.0,
            is_blocking=True,
        ),
        Check(
            name="stale_data",
            meaning="what is lost of the first metric where the newest three days are not learned from",
            at_most=0.15,
        ),
    ),
    test_days=3,
    validation_days=3,
    test_sessions=4000,
    validation_sessions=1500,
    max_age_hours=48,
    latency_ms=10.0,
    search=Search(
        space={
            "repeats_last_item": (False, True),
            "recency": (1.25, 1.0, 0.75),
            "nearness": (4.0, 3.0, 2.0),
            "seen_again": (1.0, 0.5, 2.0),
            "neighbours": (200, 100),
        },
        points=6,
        by="site",
    ),
    value=Value(
        usd=0.02,
        per="item found among the suggestions",
        meaning="assumed: of 100 such looks one more ends in an order that leaves two dollars",
    ),
    intended_use="Suggest items on product pages, in the cart and in mails, while a session goes on.",
    limits=(
        "An item that is new since the last training is suggested only to who has looked at it just before.",
        "It follows what people do, not what is in stock or allowed: the shop filters with `exclude`.",
        "One index holds all sites of an environment; each has parameters and popular items of its own. Two "
        "sites that give the same id to different items need a prefix.",
    ),
)
