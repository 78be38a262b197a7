"""
`python -m local.snowflake PORT`: the offline Snowflake on 127.0.0.1, until it is ended.
"""

import sys
import warnings

import fakesnow.server
import uvicorn

from local.snowflake.account import Account
from local.snowflake.shim import installed


def serve(port: int) -> None:
    # fakesnow's way of reading results; harmless, and there is one for each statement
    warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")
    with installed(Account(is_listening=True)):
        uvicorn.run(fakesnow.server.app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    serve(int(sys.argv[1]))
