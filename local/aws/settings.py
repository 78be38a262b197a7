"""The emulator's own settings, which ministack and moto read from the environment as they are imported."""

ACCOUNT = "000000000000"
REGION = "us-east-1"


def endpoint(*, port: int) -> str:
    return f"http://127.0.0.1:{port}"


def variables(*, port: int) -> dict[str, str]:
    return {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",  # the default is every interface
        "MINISTACK_HOST": "localhost",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MOTO_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "AUTH": "true",  # policies are enforced, so a missing grant fails here and not in the first deploy
        "LAMBDA_EXECUTOR": "local",
        "IOT_MTLS_ENABLED": "0",  # else an MQTT port opens on every interface
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "0",
        "AWS_ENDPOINT_URL": endpoint(port=port),
        "AWS_ACCESS_KEY_ID": "test",  # the emulator's root user
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
