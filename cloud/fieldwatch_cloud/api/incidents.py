"""An incident as the API tells it, to those who may see it."""

from uuid import UUID

from fieldwatch_cloud.alarms import actions, masks
from fieldwatch_cloud.api.auth import Caller
from fieldwatch_cloud.api.models.common import MultiPolygon, Point, Polygon
from fieldwatch_cloud.api.models.fires import (
    FieldPicture,
    Incident,
    IncidentDelivery,
    IncidentDetail,
    IncidentHotspot,
    IncidentReport,
    IncidentSummary,
    IncidentZone,
    LogEntry,
    Place,
    SuggestedMask,
    Suspicion,
)
from fieldwatch_cloud.db import fires, hotspots
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_cloud.incidents import life
from fieldwatch_cloud.incidents.danger import danger_class
from fieldwatch_cloud.incidents.fuse import lateness
from fieldwatch_shared.messages import Box, ClockQuality, FireKind, Pose


def visible(conn: Connection, incident_id: UUID, caller: Caller) -> fires.Incident:
    """Raises:
    NotFoundError: no such incident, or it lies in a reserve of which the caller is no member.
    """
    incident = fires.incident(conn, incident_id)
    if not caller.roles_in(incident.reserve):
        raise NotFoundError(f"no such incident: {incident_id}")
    return incident


def summary(row: fires.Incident) -> IncidentSummary:
    return IncidentSummary(
        **_common(row),
        suspicions=row.suspicions,
        hotspots=row.hotspots,
        reports=row.reports,
        deployment_id=row.deployment_id,
        location=_point(row.camera_lon, row.camera_lat),
        bearing_deg=row.bearing_deg,
        media_id=row.media_id,
    )


def detail(conn: Connection, incident: fires.Incident, caller: Caller) -> IncidentDetail:
    id_ = incident.id
    return IncidentDetail(
        **_common(incident),
        suspicions=[_suspicion(row) for row in fires.suspicions(conn, id_)],
        hotspots=[_hotspot(row) for row in fires.hotspots(conn, id_)],
        reports=[_report(row) for row in fires.reports(conn, id_)],
        pictures=[field_picture(row) for row in fires.pictures(conn, id_)],
        log=[_entry(row) for row in fires.log(conn, id_)],
        deliveries=[_delivery(row) for row in fires.deliveries(conn, id_)],
        may=life.may(
            actions.record_of(conn, id_),
            caller.account.id,
            caller.roles_in(incident.reserve),
            held_back=incident.held_back is not None,
            merged=incident.merged_into is not None,
            suspicions=incident.suspicions,
        ),
        merged_into=incident.merged_into,
        suggested_mask=_suggestion(conn, incident),
    )


def field_picture(row: fires.Picture) -> FieldPicture:
    return FieldPicture(
        id=row.id,
        account=row.account,
        taken_at=row.taken_at,
        received_at=row.received_at,
        location=_point(row.lon, row.lat),
        note=row.note,
        mime=row.mime,
        bytes=row.bytes,
    )


def _suggestion(conn: Connection, incident: fires.Incident) -> SuggestedMask | None:
    if incident.state != "false_alarm" or incident.drill:
        return None
    found = masks.suggestion(conn, incident.id)
    if found is None:
        return None
    deployment_id, polygon, reason, false_alarms = found
    return SuggestedMask(
        deployment_id=deployment_id, polygon=polygon, reason=reason, false_alarms=false_alarms
    )


def _common(row: fires.Incident) -> dict[str, object]:
    late = lateness(row.opener_observed_at, row.opener_received_at)
    location = _point(row.lon, row.lat)
    place = zone = None
    if location is not None and row.location_method is not None:
        place = Place(
            location=location,
            method=row.location_method,
            semi_major_m=row.semi_major_m,
            semi_minor_m=row.semi_minor_m,
            orientation_deg=row.orientation_deg,
        )
    if row.zone_id is not None and row.zone_name is not None:
        zone = IncidentZone(id=row.zone_id, name=row.zone_name, name_zh=row.zone_name_zh)
    incident = Incident(
        id=row.id,
        reserve=row.reserve,
        kind=FireKind(row.kind),
        state=row.state,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        opened_at=row.opened_at,
        late_s=late.total_seconds(),
        place=place,
        region=_region(row.region),
        zone=zone,
        fwi=row.fwi,
        danger=danger_class(row.fwi) if row.fwi is not None else None,
        held_back=row.held_back,
        drill=row.drill,
        unanswered=row.unanswered,
        revision=row.revision,
    )
    return {name: getattr(incident, name) for name in Incident.model_fields}


def _point(lon: float | None, lat: float | None) -> Point | None:
    return Point(coordinates=(lon, lat)) if lon is not None and lat is not None else None


def _region(geojson: str | None) -> Polygon | MultiPolygon | None:
    if geojson is None:
        return None
    if '"MultiPolygon"' in geojson:
        return MultiPolygon.model_validate_json(geojson)
    return Polygon.model_validate_json(geojson)


def _suspicion(row: fires.Suspicion) -> Suspicion:
    x, y, width, height = row.box
    return Suspicion(
        id=row.id,
        deployment_id=row.deployment_id,
        deployment=row.deployment,
        location=Point(coordinates=(row.lon, row.lat)),
        observed_at=row.observed_at,
        first_seen_at=row.first_seen_at,
        received_at=row.received_at,
        kind=FireKind(row.kind),
        confidence=row.confidence,
        box=Box(x=x, y=y, width=width, height=height),
        bearing_deg=row.bearing_deg,
        bearing_sd_deg=row.bearing_sd_deg,
        elevation_deg=row.elevation_deg,
        elevation_sd_deg=row.elevation_sd_deg,
        pose=Pose.model_validate(row.pose) if row.pose is not None else None,
        media_id=row.media_id,
        before_media_id=row.before_media_id,
        clip_media_id=row.clip_media_id,
        clock_quality=ClockQuality(row.clock_quality),
        clock_offset_s=row.clock_offset_s,
        model=row.model,
    )


def _hotspot(row: hotspots.Hotspot) -> IncidentHotspot:
    return IncidentHotspot(
        id=row.id,
        source=row.source,
        satellite=row.satellite,
        instrument=row.instrument,
        observed_at=row.observed_at,
        received_at=row.received_at,
        location=Point(coordinates=(row.lon, row.lat)),
        scan_km=row.scan_km,
        track_km=row.track_km,
        confidence=row.confidence,
        confidence_percent=row.confidence_percent,
        brightness_k=row.brightness_k,
        frp_mw=row.frp_mw,
        daynight=row.daynight,
    )


def _report(row: fires.Report) -> IncidentReport:
    return IncidentReport(
        id=row.id,
        account=row.account,
        observed_at=row.observed_at,
        received_at=row.received_at,
        kind=FireKind(row.kind),
        location=_point(row.lon, row.lat),
        location_sd_m=row.location_sd_m,
        standpoint=_point(row.standpoint_lon, row.standpoint_lat),
        bearing_deg=row.bearing_deg,
        bearing_sd_deg=row.bearing_sd_deg,
        note=row.note,
    )


def _entry(row: fires.LogEntry) -> LogEntry:
    return LogEntry(
        at=row.at,
        account=row.account,
        action=row.action,
        note=row.note,
        done_at=row.done_at,
        details=row.details,
    )


def _delivery(row: fires.Delivery) -> IncidentDelivery:
    return IncidentDelivery(
        id=row.id,
        account=row.account,
        device=row.device,
        channel=row.channel,
        kind=row.kind,
        step=row.step,
        state=row.state,
        queued_at=row.queued_at,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        opened_at=row.opened_at,
        answered_at=row.answered_at,
        failure=row.failure,
    )
