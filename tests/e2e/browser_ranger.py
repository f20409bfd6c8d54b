"""What the ranger's phone is tested with: who works there, a wire that can be measured and cut, and the real
service worker, into which the browser itself delivers what the push service has decrypted."""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import httpx2
from tests.e2e.browser_review import add_accounts
from tests.e2e.browser_site import PASSWORD, Site, wait_for

from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from types import TracebackType

    from playwright.sync_api import Page, Worker
    from tests.integration.push_receiver import Push

RANGER, NEXT, MANAGER = "wang@foping.example", "li@foping.example", "chen@foping.example"
PHONE = {"width": 390, "height": 844}


PEOPLE = {RANGER: ("Wang Fang", "ranger"), NEXT: ("Li Qiang", "ranger"), MANAGER: ("Chen Jing", "manager")}


def add_people(site: Site) -> None:
    add_accounts(site, *((email, role, name) for email, (name, role) in PEOPLE.items()))


class Caller:
    """Somebody's session with the API, beside the browser."""

    def __init__(self, site: Site, email: str) -> None:
        self._http = httpx2.Client(base_url=f"{site.url}/api/v1", headers={"Origin": site.url}, timeout=120)
        self.post("/login", {"email": email, "password": PASSWORD})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def act(self, incident: str, action: str) -> None:
        body = {"id": str(uuid.uuid4()), "action": action, "done_at": utc_now().isoformat()}
        self.post(f"/incidents/{incident}/actions", body)

    def get(self, path: str) -> Any:
        return self._answer(self._http.get(path))

    def post(self, path: str, body: Any) -> Any:
        return self._answer(self._http.post(path, json=body))

    @staticmethod
    def _answer(answer: httpx2.Response) -> Any:
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


class Wire:
    """A relay of TCP between browser and service: it counts what passes, and can be cut."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._upstream = (address.hostname or "", address.port or 80)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._pairs: set[socket.socket] = set()
        self._closed = False
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self.up = self.down = 0
        """Bytes of TCP payload since `reset`: requests and answers with their headers."""
        self.cut = False
        self.swallows = 0
        """So many answers are lost on the way back, after their requests went through."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._server.close()
        self.hang_up()

    @property
    def bytes(self) -> int:
        return self.up + self.down

    def reset(self) -> None:
        with self._lock:
            self.up = self.down = 0

    def fall_silent(self, for_s: float = 2.0) -> int:
        """Wait until nothing has passed for so long; how many bytes have until then."""
        before, since = self.bytes, time.monotonic()
        while time.monotonic() - since < for_s:
            time.sleep(0.1)
            if self.bytes != before:
                before, since = self.bytes, time.monotonic()
        return before

    def hang_up(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for one in pairs:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def lose(self) -> None:
        """As in a valley: what is open breaks off, nothing new comes through."""
        self.cut = True
        self.hang_up()

    def find(self) -> None:
        self.cut = False

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            if self.cut:
                near.close()
                continue
            far = socket.create_connection(self._upstream)
            with self._lock:
                self._pairs |= {near, far}
            threading.Thread(target=self._relay, args=(near, far), daemon=True).start()

    def _relay(self, near: socket.socket, far: socket.socket) -> None:
        with selectors.DefaultSelector() as ready, near, far, contextlib.suppress(OSError):
            ready.register(near, selectors.EVENT_READ)
            ready.register(far, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    source = near if key.fileobj is near else far
                    if not (content := source.recv(65536)):
                        return
                    if source is far and self.swallows > 0:
                        self.swallows -= 1
                        return
                    with self._lock:
                        if source is near:
                            self.up += len(content)
                        else:
                            self.down += len(content)
                    (far if source is near else near).sendall(content)


def sign_in(page: Page, url: str, email: str = RANGER, where: str = "#phone") -> None:
    """Sign in on the phone, and wait until its service worker has everything that it needs without a link."""
    page.goto(f"{url}/{where}")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(".phone .top")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    controlled = "navigator.serviceWorker.controller !== null"
    wait_for(lambda: page.evaluate(controlled), "the service worker to take over")


def worker(page: Page) -> Worker:
    wait_for(lambda: page.evaluate("true") and page.context.service_workers, "the service worker")
    return page.context.service_workers[-1]


class Pusher:
    """The browser's end of Web Push: no push service can be reached from here, so what ours has decrypted is
    handed to the browser, which wakes the service worker with it as it does with any push."""

    def __init__(self, page: Page, url: str) -> None:
        self._origin = url
        self._ids: list[str] = []
        self._session = page.context.new_cdp_session(page)
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._registered)
        self._session.send("ServiceWorker.enable")
        wait_for(lambda: page.evaluate("1") and self._ids, "the registration of the service worker")
        # A push for a worker that is still being installed is dropped by the browser without a word.
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    def _registered(self, event: dict[str, Any]) -> None:
        self._ids += [one["registrationId"] for one in event["registrations"] if not one["isDeleted"]]

    def deliver(self, push: Push | dict[str, Any]) -> None:
        payload = push if isinstance(push, dict) else push.payload
        self._session.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": self._origin + "/",
                "registrationId": self._ids[-1],
                "data": json.dumps(payload, ensure_ascii=False),
            },
        )


NOTIFICATIONS = """async () => (await self.registration.getNotifications()).map((one) => ({
    title: one.title, body: one.body, lang: one.lang, tag: one.tag,
    requireInteraction: one.requireInteraction,
    actions: one.actions.map(({ action }) => action) }))"""

CLICK = """async (action) => {
    const [notification] = await self.registration.getNotifications();
    self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
}"""


def reached(caller: Caller, push: Push) -> str:
    """How far the call came that this push was."""
    calls = caller.get(f"/incidents/{push.payload['incident']}")["deliveries"]
    return next(str(one["state"]) for one in calls if one["id"] == push.payload["delivery"])


def done(caller: Caller, incident: str, action: str) -> list[dict[str, Any]]:
    return [one for one in caller.get(f"/incidents/{incident}")["log"] if one["action"] == action]
