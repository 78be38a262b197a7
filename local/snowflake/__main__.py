"""
`python -m local.snowflake PORT`: the offline Snowflake on 127.0.0.1, until it is ended.
"""

import sys

from local.snowflake.account import Account
from local.snowflake.server import server
from local.snowflake.shim import installed

if __name__ == "__main__":
    with installed(Account(is_listening=True)):
        server(int(sys.argv[1])).run()
