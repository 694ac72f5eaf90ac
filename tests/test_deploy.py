"""compose.replicas.yaml and deploy/: they parse, their fields are known, and what they name exists in the service."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from litestar import Litestar

from serving.app import create_app
from serving.settings import Settings

ROOT = Path(__file__).parents[1]
BASE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["firstline"]
NGINX = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
OBJECTS: dict[str, dict[str, Any]] = {
    each["kind"]: each for each in yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text(encoding="utf-8"))
}
ANY: dict[str, Any] = {}  # a map of names that are free

_PROBE = {
    "httpGet": {"path": str, "port": str},
    "periodSeconds": int,
    "timeoutSeconds": int,
    "failureThreshold": int,
}
_POD = {
    "automountServiceAccountToken": bool,
    "terminationGracePeriodSeconds": int,
    "securityContext": {
        "runAsNonRoot": bool,
        "runAsUser": int,
        "fsGroup": int,
        "fsGroupChangePolicy": str,
        "seccompProfile": {"type": str},
    },
    "topologySpreadConstraints": [
        {"maxSkew": int, "topologyKey": str, "whenUnsatisfiable": str, "labelSelector": {"matchLabels": ANY}}
    ],
    "containers": [
        {
            "name": str,
            "image": str,
            "ports": [{"name": str, "containerPort": int}],
            "env": [{"name": str, "value": str, "valueFrom": {"secretKeyRef": {"name": str, "key": str}}}],
            "startupProbe": _PROBE,
            "livenessProbe": _PROBE,
            "readinessProbe": _PROBE,
            "resources": {"requests": ANY, "limits": ANY},
            "securityContext": {
                "allowPrivilegeEscalation": bool,
                "readOnlyRootFilesystem": bool,
                "capabilities": {"drop": [str]},
            },
            "volumeMounts": [{"name": str, "mountPath": str}],
        }
    ],
    "volumes": [
        {"name": str, "persistentVolumeClaim": {"claimName": str}, "emptyDir": {"medium": str, "sizeLimit": str}}
    ],
}
_META = {"name": str, "labels": ANY}
#: Fields of the API that the file may use, with their types; what is not here is a typing error until it is looked up.
SCHEMAS: dict[str, tuple[str, dict[str, Any]]] = {
    "PersistentVolumeClaim": ("v1", {"accessModes": [str], "resources": {"requests": ANY}}),
    "Deployment": (
        "apps/v1",
        {
            "replicas": int,
            "selector": {"matchLabels": ANY},
            "strategy": {"type": str, "rollingUpdate": {"maxUnavailable": int, "maxSurge": int}},
            "template": {"metadata": {"labels": ANY, "annotations": ANY}, "spec": _POD},
        },
    ),
    "Service": ("v1", {"selector": ANY, "ports": [{"name": str, "port": int, "targetPort": str}]}),
    "PodDisruptionBudget": ("policy/v1", {"minAvailable": int, "selector": {"matchLabels": ANY}}),
    "HorizontalPodAutoscaler": (
        "autoscaling/v2",
        {
            "scaleTargetRef": {"apiVersion": str, "kind": str, "name": str},
            "minReplicas": int,
            "maxReplicas": int,
            "metrics": [
                {
                    "type": str,
                    "pods": {"metric": {"name": str}, "target": {"type": str, "averageValue": str}},
                    "resource": {"name": str, "target": {"type": str, "averageUtilization": int}},
                }
            ],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": int}},
        },
    ),
}


def wrong(value: Any, schema: Any, place: str = "") -> list[str]:
    """Return the places whose field is unknown or of another type."""
    if schema is ANY:
        is_map = isinstance(value, dict) and all(isinstance(each, str) for pair in value.items() for each in pair)
        return [] if is_map else [place]
    if isinstance(schema, type):
        return [] if type(value) is schema else [place]
    if isinstance(schema, list):
        if not isinstance(value, list) or not value:
            return [place]
        return [bad for n, each in enumerate(value) for bad in wrong(each, schema[0], f"{place}[{n}]")]
    if not isinstance(value, dict):
        return [place]
    unknown = [f"{place}.{name}" for name in value.keys() - schema.keys()]
    return unknown + [
        bad for name in value.keys() & schema.keys() for bad in wrong(value[name], schema[name], f"{place}.{name}")
    ]


class Overriding(yaml.SafeLoader):
    """Reads Compose's `!override`."""


Overriding.add_constructor("!override", lambda loader, node: loader.construct_sequence(node))


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    text = (ROOT / "compose.replicas.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=Overriding)
    return loaded


@pytest.fixture
def service(settings: Settings, migrated_home: Path) -> Litestar:
    return create_app(replace(settings, home=migrated_home))


def replicas_of(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: each for name, each in compose["services"].items() if name.startswith("firstline")}


def read(environment: dict[str, str]) -> Settings:
    """Read settings as the service does: an unknown name or a value that is none is an error."""
    assert all(isinstance(value, str) for value in environment.values()), "a number without quotes"
    settings = Settings.from_environment(environment)
    assert settings.proxies
    return settings


def test_compose_has_three_replicas_that_differ_in_address_and_port_alone(compose: dict[str, Any]) -> None:
    replicas = replicas_of(compose)
    assert len(replicas) == 3
    for name, each in replicas.items():
        assert name == "firstline" or each["extends"] == {"file": "compose.yaml", "service": "firstline"}
        assert each["environment"] == replicas["firstline"]["environment"]
        assert each["image"] == "firstline"
    ports = [*BASE["ports"], *(port for each in replicas.values() for port in each.get("ports", ()))]
    assert len(set(ports)) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert set(compose["volumes"]) == {"postgres"}


def test_compose_has_the_addresses_of_nginx_conf(compose: dict[str, Any]) -> None:
    network = ipaddress.ip_network(compose["networks"]["default"]["ipam"]["config"][0]["subnet"])
    places = {
        name: each["networks"]["default"]["ipv4_address"]
        for name, each in compose["services"].items()
        if "networks" in each
    }
    assert all(ipaddress.ip_address(each) in network for each in places.values())
    servers = re.findall(r"server (172\S+) max_fails=1 fail_timeout=2s;", NGINX)
    assert servers == [f"{places[name]}:8000" for name in replicas_of(compose)]
    for each in replicas_of(compose).values():
        assert each["environment"]["FIRSTLINE_TRUSTED_PROXIES"] == f"{places['nginx']}/32"
    assert compose["services"]["nginx"]["volumes"][0].startswith("./deploy/nginx.conf:")


def test_compose_gives_time_to_drain(compose: dict[str, Any]) -> None:
    given = replicas_of(compose)["firstline"]["environment"]
    url = given["FIRSTLINE_DATABASE_URL"]
    settings = read(given | {"FIRSTLINE_DATABASE_URL": re.sub(r"\$\{[^}]*\}", "secret", url)})
    grace = int(BASE["stop_grace_period"].removesuffix("s"))
    assert grace >= settings.drain_seconds + 2 * settings.shutdown_seconds
    [idle] = re.findall(r"keepalive_timeout (\d+)s; +# less than FIRSTLINE_DRAIN_SECONDS", NGINX)
    assert int(idle) < settings.drain_seconds


def test_kubernetes_has_what_it_needs_and_no_field_that_is_unknown() -> None:
    assert OBJECTS.keys() == SCHEMAS.keys()
    for kind, each in OBJECTS.items():
        version, spec = SCHEMAS[kind]
        assert wrong(each, {"apiVersion": str, "kind": str, "metadata": _META, "spec": spec}) == [], kind
        assert each["apiVersion"] == version
        assert spec.keys() == each["spec"].keys(), kind
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", each["metadata"]["name"])
    assert wrong({"specc": 1, "replicas": "3"}, {"replicas": int}) == [".specc", ".replicas"]


def test_kubernetes_names_what_exists(service: Litestar) -> None:
    spec = OBJECTS["Deployment"]["spec"]
    pod, labels = spec["template"]["spec"], spec["template"]["metadata"]["labels"]
    [container] = pod["containers"]
    for selector in (
        spec["selector"]["matchLabels"],
        OBJECTS["Service"]["spec"]["selector"],
        OBJECTS["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()
    paths = {route.path for route in service.routes}
    probes = [container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")]
    assert [each["path"] for each in probes] == ["/healthz", "/healthz", "/readyz"]
    assert {each["path"] for each in probes} | {"/metrics"} <= paths
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    assert {each["port"] for each in probes} | {OBJECTS["Service"]["spec"]["ports"][0]["targetPort"]} == ports.keys()
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert list(ports.values()) == [int(each) for each in re.findall(r"^EXPOSE (\d+)", dockerfile, re.MULTILINE)]
    mounted = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    assert mounted == {"home": "/data", "tmp": "/tmp"}
    assert mounted.keys() == {each["name"] for each in pod["volumes"]}
    claims = [each["persistentVolumeClaim"]["claimName"] for each in pod["volumes"] if "persistentVolumeClaim" in each]
    assert claims == [OBJECTS["PersistentVolumeClaim"]["metadata"]["name"]]


def test_kubernetes_gives_no_rights_and_time_to_drain() -> None:
    pod = OBJECTS["Deployment"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 10001)
    given = {each["name"]: each.get("value", "postgresql://user@host/name") for each in container["env"]}
    settings = read(given)
    assert pod["terminationGracePeriodSeconds"] > settings.drain_seconds + 2 * settings.shutdown_seconds
    noticed = container["readinessProbe"]["periodSeconds"] * container["readinessProbe"]["failureThreshold"]
    assert noticed < settings.drain_seconds


def test_kubernetes_scales_by_a_metric_that_the_service_has(service: Litestar) -> None:
    scaler, deployment = OBJECTS["HorizontalPodAutoscaler"]["spec"], OBJECTS["Deployment"]
    assert scaler["scaleTargetRef"] == {
        "apiVersion": deployment["apiVersion"],
        "kind": "Deployment",
        "name": deployment["metadata"]["name"],
    }
    registry = service.state.context.telemetry.registry
    names = [each["pods"]["metric"]["name"] for each in scaler["metrics"] if "pods" in each]
    assert [registry.get_sample_value(name) for name in names] == [0.0]
    least = OBJECTS["PodDisruptionBudget"]["spec"]["minAvailable"]
    assert least < scaler["minReplicas"] <= deployment["spec"]["replicas"] <= scaler["maxReplicas"]
