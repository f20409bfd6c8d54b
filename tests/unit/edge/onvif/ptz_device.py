"""A small ONVIF camera that turns, over real HTTP: it checks digests, nonces and times as cameras do."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree as ET

from fieldwatch_edge.onvif.client import DEVICE, MEDIA, PTZ, SCHEMA, SOAP

PRESETS = {"1": (0.0, 0.0, 0.0), "2": (0.5, 0.1, 0.0), "3": (-0.5, 0.0, 0.2)}


class Handler(BaseHTTPRequestHandler):
    server: PtzDevice

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(body)
        envelope = ET.fromstring(body)  # noqa: S314  # by our own client
        (call,) = list(envelope.find(f"{{{SOAP}}}Body") or [])
        name = call.tag.rpartition("}")[2]
        if self.server.raw is not None:
            return self._send(200, self.server.raw)
        if name != "GetSystemDateAndTime" and not self.server.admits(envelope):
            return self._fault(400, "ter:NotAuthorized", "Sender not authorized")
        if name in self.server.refuses:
            return self._fault(500, "ter:ActionNotSupported", "Not today")
        return self._answer(getattr(self, f"_{name}")(call))

    def _GetSystemDateAndTime(self, _: ET.Element) -> str:  # noqa: N802  # as the calls are named
        at = self.server.now()
        return (
            f'<GetSystemDateAndTimeResponse xmlns="{DEVICE}" xmlns:s="{SCHEMA}"><SystemDateAndTime>'
            f"<s:UTCDateTime><s:Time><s:Hour>{at.hour}</s:Hour><s:Minute>{at.minute}</s:Minute>"
            f"<s:Second>{at.second}</s:Second></s:Time><s:Date><s:Year>{at.year}</s:Year><s:Month>{at.month}"
            f"</s:Month><s:Day>{at.day}</s:Day></s:Date></s:UTCDateTime></SystemDateAndTime>"
            "</GetSystemDateAndTimeResponse>"
        )

    def _GetServices(self, _: ET.Element) -> str:  # noqa: N802
        # Behind a router a camera names an address that only it can see.
        services = [
            f"<Service><Namespace>{space}</Namespace><XAddr>http://192.168.1.64/onvif/{path}</XAddr></Service>"
            for space, path in ((DEVICE, "device"), (MEDIA, "media"), (PTZ, "ptz"))
        ]
        return f'<GetServicesResponse xmlns="{DEVICE}">{"".join(services)}</GetServicesResponse>'

    def _GetProfiles(self, _: ET.Element) -> str:  # noqa: N802
        return (
            f'<GetProfilesResponse xmlns="{MEDIA}" xmlns:s="{SCHEMA}"><Profiles token="fixed"/>'
            '<Profiles token="main"><s:PTZConfiguration token="ptz"/></Profiles></GetProfilesResponse>'
        )

    def _GotoPreset(self, call: ET.Element) -> str:  # noqa: N802
        assert call.findtext(f"{{{PTZ}}}ProfileToken") == "main"
        self.server.turn(PRESETS[call.findtext(f"{{{PTZ}}}PresetToken") or ""])
        return f'<GotoPresetResponse xmlns="{PTZ}"/>'

    def _AbsoluteMove(self, call: ET.Element) -> str:  # noqa: N802
        aim, zoom = call.find(f".//{{{SCHEMA}}}PanTilt"), call.find(f".//{{{SCHEMA}}}Zoom")
        assert aim is not None
        assert zoom is not None
        self.server.turn((float(aim.get("x", "")), float(aim.get("y", "")), float(zoom.get("x", ""))))
        return f'<AbsoluteMoveResponse xmlns="{PTZ}"/>'

    def _GetStatus(self, _: ET.Element) -> str:  # noqa: N802
        pan, tilt, zoom = self.server.position
        word = "MOVING" if self.server.moving else "IDLE"
        return (
            f'<GetStatusResponse xmlns="{PTZ}" xmlns:s="{SCHEMA}"><PTZStatus><s:Position>'
            f'<s:PanTilt x="{pan}" y="{tilt}"/><s:Zoom x="{zoom}"/></s:Position><s:MoveStatus>'
            f"<s:PanTilt>{word}</s:PanTilt><s:Zoom>IDLE</s:Zoom></s:MoveStatus></PTZStatus></GetStatusResponse>"
        )

    def _answer(self, body: str) -> None:
        self._send(200, f'<e:Envelope xmlns:e="{SOAP}"><e:Body>{body}</e:Body></e:Envelope>'.encode())

    def _fault(self, status: int, code: str, text: str) -> None:
        self._send(
            status,
            f'<e:Envelope xmlns:e="{SOAP}" xmlns:ter="x"><e:Body><e:Fault><e:Code><e:Value>e:Sender</e:Value>'
            f"<e:Subcode><e:Value>{code}</e:Value></e:Subcode></e:Code><e:Reason><e:Text>{text}</e:Text>"
            f"</e:Reason></e:Fault></e:Body></e:Envelope>".encode(),
        )

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/soap+xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


class PtzDevice(ThreadingHTTPServer):
    """`with` it. Its clock is wrong by `ahead`; it takes `turn_s` to turn."""

    daemon_threads = True

    def __init__(
        self, user: str, password: str, *, ahead: timedelta = timedelta(0), turn_s: float = 0.4
    ) -> None:
        self.user, self.password, self.ahead, self.turn_s = user, password, ahead, turn_s
        self.refuses: set[str] = set()
        self.stuck = False
        """It takes orders, and stays where it is."""
        self.raw: bytes | None = None
        self.heard: list[bytes] = []
        self.turns: list[tuple[datetime, datetime, tuple[float, float, float]]] = []
        """From when until when it turned, and whither."""
        self._nonces: set[bytes] = set()
        self._position, self._until = (0.9, 0.9, 0.0), 0.0
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/onvif/device"

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    @property
    def moving(self) -> bool:
        return time.monotonic() < self._until

    @property
    def position(self) -> tuple[float, float, float]:
        return self._position

    def turn(self, to: tuple[float, float, float]) -> None:
        at = datetime.now(UTC)
        if not self.stuck:
            self._position = to
            self._until = time.monotonic() + self.turn_s
            self.turns.append((at, at + timedelta(seconds=self.turn_s), to))

    def admits(self, envelope: ET.Element) -> bool:
        found = {part.tag.rpartition("}")[2]: part.text or "" for part in envelope.iter()}
        try:
            nonce = base64.b64decode(found["Nonce"])
            created = datetime.fromisoformat(found["Created"])
        except (KeyError, ValueError):
            return False
        digest = hashlib.sha1(nonce + found["Created"].encode() + self.password.encode()).digest()  # noqa: S324
        fresh = abs(created - self.now()) < timedelta(minutes=5) and nonce not in self._nonces
        self._nonces.add(nonce)
        return (
            fresh
            and found.get("Username") == self.user
            and base64.b64encode(digest).decode() == found["Password"]
        )

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
