"""Health and metrics, without login: for the launcher, a load balancer, Prometheus."""

from litestar import Response, get

from central.api.guard import TheCentre, needs
from central.roles import Permission
from central.views import Health


@get("/api/health", opt=needs(Permission.PUBLIC), sync_to_thread=True)
def show_health(centre: TheCentre) -> Response[Health]:
    """Whether the centre does its work; 503 when it does not."""
    database = centre.database_works()
    ready = database and centre.link.connected
    health = Health(
        ready=ready,
        broker="connected" if centre.link.connected else "away",
        database="ok" if database else (centre.writer.trouble or "away"),
        writer_lag=round(centre.writer.lag_s, 3),
        version=centre.version,
    )
    return Response(health, status_code=200 if ready else 503)


@get("/metrics", opt=needs(Permission.PUBLIC), sync_to_thread=True)
def show_metrics(centre: TheCentre) -> Response[bytes]:
    """The exposition format of Prometheus."""
    return Response(centre.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
