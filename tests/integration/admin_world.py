"""People who are signed in with a browser: who manages people cannot do it with a token."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from fieldwatch_cloud.api.auth import COOKIE
from fieldwatch_cloud.db import accounts

from .api_world import ORIGIN, World

if TYPE_CHECKING:
    from collections.abc import Iterator


class Browser:
    """One person's; addresses are below /api/v1."""

    def __init__(self, client: TestClient, world: World, who: str | None) -> None:
        self.client = client
        self.id = ""
        if who is not None:
            world.token(who)
            with world.db.transaction() as conn:
                account = accounts.account_of_email(conn, f"{who}@example.org")
                self.open(accounts.start_session(conn, account.id, timedelta(hours=1)))
            self.id = str(account.id)

    def open(self, session: str) -> None:
        self.client.cookies.set(COOKIE, session)

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        return self.client.request(method, f"/api/v1{path}", json=body, headers={"Origin": ORIGIN}, **more)

    def get(self, path: str, **params: Any) -> Any:
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def done(self, method: str, path: str, body: Any = None) -> Any:
        """What it answers where it succeeds."""
        answer = self.ask(method, path, body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def refused(self, status: int, method: str, path: str, body: Any = None) -> str:
        """In what words."""
        answer = self.ask(method, path, body)
        assert answer.status_code == status, answer.text
        return str(answer.json()["detail"])


@contextmanager
def browsers(world: World, *who: str | None) -> Iterator[list[Browser]]:
    """One application, and for each person a browser in which they are signed in (None: nobody is)."""
    app = world.app()
    with ExitStack() as stack:
        first = stack.enter_context(TestClient(app, base_url=ORIGIN, raise_server_exceptions=False))
        yield [
            Browser(
                first if index == 0 else TestClient(app, base_url=ORIGIN, raise_server_exceptions=False),
                world,
                one,
            )
            for index, one in enumerate(who)
        ]
