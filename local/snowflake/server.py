"""
fakesnow's HTTP server: what the real connector speaks to.
"""

import fakesnow.server
import uvicorn


def server(port: int) -> uvicorn.Server:
    config = uvicorn.Config(fakesnow.server.app, host="127.0.0.1", port=port, log_level="warning")
    return uvicorn.Server(config)
