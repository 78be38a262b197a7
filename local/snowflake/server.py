"""
fakesnow's HTTP server, and beside it requests that nobody waits for: what the real connector speaks to.
"""

import gzip
import json

import fakesnow.server
import uvicorn
from snowflake.connector.errors import ProgrammingError
from snowflake.connector.network import QUERY_IN_PROGRESS_ASYNC_CODE
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local.snowflake import requests


def server(port: int) -> uvicorn.Server:
    routes = [
        Route("/queries/v1/query-request", query_request, methods=["POST"]),
        Route("/monitoring/queries/{sfqid}", monitoring_query, methods=["GET"]),
        *fakesnow.server.routes,
    ]
    config = uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=port, log_level="warning")
    return uvicorn.Server(config)


async def query_request(request: Request) -> JSONResponse:
    body = await request.body()
    if request.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    query = json.loads(body)
    session = fakesnow.server.sessions.get(fakesnow.server.to_token(request))
    if session is None or not query.get("asyncExec"):
        return await fakesnow.server.query_request(request)
    try:
        count = query.get("parameters", {}).get("MULTI_STATEMENT_COUNT", 1)
        query_id = requests.start(session, query["sqlText"], count=count)
    except ProgrammingError as error:
        return JSONResponse(
            {"data": {}, "code": f"{error.errno:06d}", "message": error.msg, "success": False}
        )
    return JSONResponse(
        {"data": {"queryId": query_id}, "code": QUERY_IN_PROGRESS_ASYNC_CODE, "success": True}
    )


def monitoring_query(request: Request) -> JSONResponse:
    found = requests.status(request.path_params["sfqid"])
    if found is None:
        return fakesnow.server.monitoring_query(request)
    return JSONResponse({"data": {"queries": [found]}, "success": True})
