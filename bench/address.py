"""The one address that anything here talks to: this machine's loopback."""

HOST = "127.0.0.1"
CREATE = "/v2/user/clips/projects"

PORTS = {0: 8961, 5: 8962, 20: 8963, 200: 8964}
"""The server's ports by the milliseconds that it takes for an answer."""
COUNT_PORT = 8965
"""Where the server tells how many requests it has answered."""
ARRIVAL_PORT = 8966
"""Where the moment of the first request is noted."""

TOKEN = "an-access-token-of-nobody"  # noqa: S105 -- made up


def base_url(port: int) -> str:
    """The address of a port, as BATCHCLIP_API_URL wants it."""
    return f"http://{HOST}:{port}"


def create_url(delay_ms: int) -> str:
    """Where a create request goes that is answered after this time."""
    return base_url(PORTS[delay_ms]) + CREATE
