"""The few calls of ONVIF that a patrol needs: SOAP 1.2 over HTTP.

ONVIF Core Specification 23.06 (WS-UsernameToken, 5.9.4; GetSystemDateAndTime, GetServices), Media 21.12
(GetProfiles) and PTZ 22.06 (GotoPreset, AbsoluteMove, GetStatus). The password never travels: its digest
does, bound to a nonce and the camera's own time, which is asked for first: few cameras' clocks are right.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import httpx2

from fieldwatch_edge.errors import EdgeError
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from fieldwatch_edge.settings import Patrol

_TIMEOUT = httpx2.Timeout(8, connect=4)
_LONGEST = 512 * 1024
SOAP = "http://www.w3.org/2003/05/soap-envelope"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_UTILITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"


class OnvifError(EdgeError):
    """The camera cannot be told to turn, in words; never with the password."""


@dataclass(frozen=True, slots=True)
class Status:
    """How the camera stands."""

    moving: bool | None
    """None: it does not say."""
    position: tuple[float, float, float] | None
    """Pan, tilt and zoom; None: it does not say."""


class Turner:
    """One camera's PTZ service. One thread at a time."""

    def __init__(self, patrol: Patrol) -> None:
        """Raises:
        OnvifError: the password file cannot be read.
        """
        self._patrol = patrol
        try:
            self._password = patrol.password_file.read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise OnvifError(f"cannot read the camera's password file {patrol.password_file}") from error
        # No proxy of the environment stands between a node and its camera.
        self._http = httpx2.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False)
        self._ahead = timedelta(0)
        """The camera's clock minus ours."""
        self._ptz: str | None = None
        self._profile: str | None = patrol.profile
        self._lock = threading.Lock()

    def close(self) -> None:
        self._http.close()

    def go(self, preset: str | None, position: tuple[float, float, float] | None) -> None:
        """Begin to turn there; returns at once.

        Raises:
            OnvifError: the camera does not answer, or refuses.
        """
        profile = f"<p:ProfileToken>{escape(self._ready())}</p:ProfileToken>"
        if preset is not None:
            body = f"<p:GotoPreset>{profile}<p:PresetToken>{escape(preset)}</p:PresetToken></p:GotoPreset>"
        else:
            pan, tilt, zoom = position or (0.0, 0.0, 0.0)
            body = (
                f'<p:AbsoluteMove>{profile}<p:Position><s:PanTilt x="{pan}" y="{tilt}"/>'
                f'<s:Zoom x="{zoom}"/></p:Position></p:AbsoluteMove>'
            )
        self._call(self._ptz or "", PTZ, body)

    def status(self) -> Status:
        """How it stands now; nothing of what the camera does not tell.

        Raises:
            OnvifError: the camera does not answer.
        """
        token = escape(self._ready())
        body = f"<p:GetStatus><p:ProfileToken>{token}</p:ProfileToken></p:GetStatus>"
        try:
            found = self._call(self._ptz or "", PTZ, body)
        except RefusedError:  # GetStatus is not asked of every camera
            return Status(None, None)
        said = {
            (part.text or "").strip().upper()
            for name in ("PanTilt", "Zoom")
            for part in found.findall(f".//{{{SCHEMA}}}MoveStatus/{{{SCHEMA}}}{name}")
        }
        moving = True if "MOVING" in said else False if "IDLE" in said else None
        pan_tilt = found.find(f".//{{{SCHEMA}}}Position/{{{SCHEMA}}}PanTilt")
        zoom = found.find(f".//{{{SCHEMA}}}Position/{{{SCHEMA}}}Zoom")
        return Status(moving, _position(pan_tilt, zoom))

    def _ready(self) -> str:
        """Find the camera's services once; the profile's token."""
        if self._ptz is not None and self._profile is not None:
            return self._profile
        self._set_clock()
        address = self._patrol.address
        found = self._call(
            address,
            DEVICE,
            "<p:GetServices><p:IncludeCapability>false</p:IncludeCapability></p:GetServices>",
        )
        services = {
            (one.findtext(f"{{{DEVICE}}}Namespace") or "").strip(): (
                one.findtext(f"{{{DEVICE}}}XAddr") or ""
            ).strip()
            for one in found.iter(f"{{{DEVICE}}}Service")
        }
        if PTZ not in services or MEDIA not in services:
            raise OnvifError(f"{_host(address)} says that it cannot turn (it has no PTZ service)")
        if self._profile is None:
            profiles = self._call(self._here(services[MEDIA]), MEDIA, "<p:GetProfiles/>")
            turning = [
                one.get("token") or ""
                for one in profiles.iter(f"{{{MEDIA}}}Profiles")
                if one.find(f"{{{SCHEMA}}}PTZConfiguration") is not None
            ]
            if not turning:
                raise OnvifError(f"{_host(address)} has no media profile that can turn")
            self._profile = turning[0]
        self._ptz = self._here(services[PTZ])
        return self._profile

    def _here(self, address: str) -> str:
        """A service's path at the host that we know: cameras behind a router name one that only they see,
        and the digest of a password must go nowhere else."""
        ours, theirs = urlsplit(self._patrol.address), urlsplit(address)
        return urlunsplit((ours.scheme, ours.netloc, theirs.path or "/", theirs.query, ""))

    def _set_clock(self) -> None:
        """Raises OnvifError where the camera does not answer; one that does not tell its time has ours."""
        try:
            found = self._call(self._patrol.address, DEVICE, "<p:GetSystemDateAndTime/>", signed=False)
        except RefusedError:
            return
        utc = found.find(f".//{{{SCHEMA}}}UTCDateTime")
        if utc is None:
            return
        names = ("Date/Year", "Date/Month", "Date/Day", "Time/Hour", "Time/Minute", "Time/Second")
        try:
            parts = [
                int(utc.findtext("/".join(f"{{{SCHEMA}}}{step}" for step in name.split("/"))) or "")
                for name in names
            ]
            at = datetime(parts[0], parts[1], parts[2], parts[3], parts[4], min(parts[5], 59), tzinfo=UTC)
        except ValueError:
            return
        self._ahead = at - utc_now()

    def _call(self, address: str, namespace: str, body: str, *, signed: bool = True) -> Element:
        header = self._token() if signed else ""
        envelope = (
            f'<?xml version="1.0" encoding="utf-8"?><e:Envelope xmlns:e="{SOAP}" xmlns:p="{namespace}"'
            f' xmlns:s="{SCHEMA}"><e:Header>{header}</e:Header><e:Body>{body}</e:Body></e:Envelope>'
        )
        where = _host(address)
        try:
            with self._lock:
                answer = self._http.post(
                    address,
                    content=envelope.encode(),
                    headers={"Content-Type": "application/soap+xml; charset=utf-8"},
                )
        except httpx2.HTTPError as error:
            raise OnvifError(f"the camera {where} does not answer ({type(error).__name__})") from error
        if answer.status_code == 401:
            raise OnvifError(f"the camera {where} refuses the user name or password")
        return _body(answer.content, where, refused=answer.status_code >= 400)

    def _token(self) -> str:
        """WS-UsernameToken with the digest Base64(SHA-1(nonce + created + password)), as the profile says."""
        nonce = secrets.token_bytes(16)
        created = f"{utc_now() + self._ahead:%Y-%m-%dT%H:%M:%S.000Z}"
        told = hashlib.sha1(nonce + created.encode() + self._password.encode(), usedforsecurity=False)
        return (
            f'<w:Security xmlns:w="{_SECURITY}" xmlns:u="{_UTILITY}" e:mustUnderstand="true">'
            "<w:UsernameToken>"
            f"<w:Username>{escape(self._patrol.user)}</w:Username>"
            f'<w:Password Type="{_DIGEST}">{base64.b64encode(told.digest()).decode()}</w:Password>'
            f'<w:Nonce EncodingType="{_BASE64}">{base64.b64encode(nonce).decode()}</w:Nonce>'
            f"<u:Created>{created}</u:Created></w:UsernameToken></w:Security>"
        )


class RefusedError(OnvifError):
    """The camera understood, and will not or cannot."""


def _body(content: bytes, where: str, *, refused: bool) -> Element:
    # No SOAP message has a document type; without one there are no entities to expand.
    if len(content) > _LONGEST or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise OnvifError(f"the camera {where} answers something that is no ONVIF")
    try:
        envelope = ET.fromstring(content)  # noqa: S314  # see above
    except (ET.ParseError, ValueError) as error:
        raise OnvifError(f"the camera {where} answers something that is no ONVIF") from error
    fault = envelope.find(f".//{{{SOAP}}}Fault")
    if fault is not None or refused:
        why = "" if fault is None else " ".join((fault.findtext(f".//{{{SOAP}}}Text") or "").split())[:200]
        codes = "" if fault is None else " ".join(each.text or "" for each in fault.iter(f"{{{SOAP}}}Value"))
        if "NotAuthorized" in codes or "FailedAuthentication" in codes:
            raise OnvifError(f"the camera {where} refuses the user name or password")
        raise RefusedError(f"the camera {where} refuses: {why or 'without saying why'}")
    body = envelope.find(f"{{{SOAP}}}Body")
    if body is None:
        raise OnvifError(f"the camera {where} answers something that is no ONVIF")
    return body


def _position(pan_tilt: Element | None, zoom: Element | None) -> tuple[float, float, float] | None:
    if pan_tilt is None:
        return None
    try:
        depth = float(zoom.get("x") or 0) if zoom is not None else 0.0
        return float(pan_tilt.get("x") or ""), float(pan_tilt.get("y") or ""), depth
    except ValueError:
        return None


def _host(address: str) -> str:
    return urlsplit(address).netloc.rpartition("@")[2]
