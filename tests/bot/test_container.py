"""The image and the compose file name what there is, and ask for no more rights than they need."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import typer
import yaml
from sqlalchemy import make_url

from bot import cli
from core.settings import ProcessRole, Settings

ROOT = Path(__file__).parents[2]
SETTINGS = {name.upper() for name in Settings.model_fields}
COMMANDS = set(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]


def compose(name: str) -> dict[str, Any]:
    """Return the services of a compose file."""
    read: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    services: dict[str, Any] = read["services"]
    return services


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions with what they say, in order."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    return [(name, said) for name, _, said in (line.partition(" ") for line in lines if line)]


def said(name: str) -> list[str]:
    return [each for instruction, each in instructions() if instruction == name]


def variables() -> dict[str, str]:
    """Return the environment of the last stage."""
    return dict(pair.split("=", 1) for pair in shlex.split(said("ENV")[-1]))


def test_the_image_runs_a_command_that_there_is() -> None:
    assert json.loads(said("ENTRYPOINT")[0]) == ["ticketloop"]
    [default] = json.loads(said("CMD")[0])
    asks = json.loads(said("HEALTHCHECK")[0].partition("CMD ")[2])
    assert asks[0] == "ticketloop"
    assert {default, asks[1]} <= COMMANDS
    assert variables().keys() & SETTINGS == {"HOST", "PORT", "DATABASE_URL"}
    assert said("EXPOSE") == [variables()["PORT"]]


def test_the_image_is_no_root_s_and_writes_to_its_data_only() -> None:
    [user] = said("USER")
    assert int(user) > 0
    assert said("VOLUME") == ["/data"] == said("WORKDIR")[-1:]
    assert variables()["DATABASE_URL"] == "sqlite:////data/ticketloop.db"


def test_what_the_wheel_is_built_of_reaches_the_build() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert lines[1] == "*"
    assert all((ROOT / each).exists() for each in let_in)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert let_in == {
        *wheel["packages"],
        *wheel["force-include"],
        *("pyproject.toml", "uv.lock", "README.md", "LICENSE"),
    }


def test_the_compose_file_migrates_and_then_runs_with_few_rights() -> None:
    services = compose("compose.yml")
    assert [services[name]["command"] for name in ("migrate", "desk")] == [["migrate"], ["run"]]
    assert {"migrate", "run"} <= COMMANDS
    waits = services["desk"]["depends_on"]["migrate"]["condition"]
    assert waits == "service_completed_successfully"
    for service in services.values():
        assert_few_rights(service)
        assert service["environment"]["DATABASE_URL"] == variables()["DATABASE_URL"]
        assert service["volumes"] == ["data:/data"]
    port = services["desk"]["environment"]["PORT"]
    assert services["desk"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_the_compose_file_of_postgresql_has_a_web_process_and_two_workers() -> None:
    services = compose("compose.postgres.yml")
    database = services.pop("database")
    assert services.keys() == {"migrate", "web", "worker"}
    for service in services.values():
        assert_few_rights(service)
        address = make_url(service["environment"]["DATABASE_URL"])
        assert (address.host, address.username) == (
            "database",
            database["environment"]["POSTGRES_USER"],
        )
        assert address.database == database["environment"]["POSTGRES_DB"]
    migrate, web, worker = (services[name] for name in ("migrate", "web", "worker"))
    assert migrate["command"] == ["migrate"]
    assert migrate["depends_on"]["database"]["condition"] == "service_healthy"
    assert "pg_isready" in database["healthcheck"]["test"][1]
    for service, role in ((web, ProcessRole.WEB), (worker, ProcessRole.WORKER)):
        assert service["command"] == ["run"]
        assert service["environment"]["ROLE"] == role  # which the image's health check reads, too
        assert "healthcheck" not in service
        waits = service["depends_on"]["migrate"]["condition"]
        assert waits == "service_completed_successfully"
    assert worker["deploy"]["replicas"] == 2
    assert "ports" not in worker
    assert web["ports"] == [f"127.0.0.1:{web['environment']['PORT']}:3000"]


def assert_few_rights(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert "/tmp" in service["tmpfs"]  # noqa: S108 - a container's own
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["env_file"] == ".env"
    assert service["environment"].keys() <= SETTINGS
