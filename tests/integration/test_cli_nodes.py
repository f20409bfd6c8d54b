"""`fieldwatch cloud node new|code|revoke|list` and `authority`, as an operator types them."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from typer.testing import CliRunner

from fieldwatch_cloud.cli import app
from fieldwatch_cloud.db import geography, nodes
from fieldwatch_shared.enrolment import Code

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database


class Cli:
    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def __call__(self, *arguments: str, code: int = 0, typed: str | None = None) -> tuple[str, str]:
        """(standard output, standard error)."""
        done = CliRunner().invoke(app, arguments, env=self.environment, input=typed)
        assert done.exit_code == code, done.output
        return done.stdout, done.stderr


@pytest.fixture
def cli(database_url: str, db: Database, state_dir: Path) -> Cli:
    with db.transaction() as conn:
        geography.add_reserve(conn, slug="foping", name="Foping")
    return Cli(
        {
            "FIELDWATCH_STATE": str(state_dir),
            "FIELDWATCH_DATABASE_URL": database_url,
            "FIELDWATCH_HTTP_PUBLIC_URL": "https://cloud.example",
            "FIELDWATCH_MQTT_NODES_PORT": "8883",
        }
    )


def test_a_node_is_made_listed_and_put_out(cli: Cli, db: Database) -> None:
    out, err = cli("node", "new", "ridge-01", "--reserve", "foping", "--name", "Ridge mast")
    code = Code.parse(out.strip())
    assert code.authority is None, "the HTTPS of the public address is a public authority's"
    assert "sudo fieldwatch edge enrol https://cloud.example " in err
    assert out.strip() not in err, "the code is for a script, its picture for a person"
    assert "█" in err
    assert "code good until" in cli("node", "list", "--reserve", "foping")[0]
    assert Code.parse(cli("node", "code", "ridge-01")[0].strip()) != code
    cli("node", "revoke", "ridge-01", code=1, typed="n\n")
    assert "is out" in cli("node", "revoke", "ridge-01", typed="y\n")[1]
    assert "revoked" in cli("node", "list", "--reserve", "foping")[0]
    with db.transaction() as conn:
        assert nodes.access(conn) == []
        actions = conn.execute("SELECT action FROM admin_log ORDER BY id").fetchall()
    assert [row[0] for row in actions] == ["node.created", "node.code", "node.revoked"]


def test_the_code_names_the_authority_where_that_signs_the_https(cli: Cli) -> None:
    cli.environment["FIELDWATCH_HTTP_TLS"] = "own"
    code = Code.parse(cli("node", "new", "ridge-01", "--reserve", "foping")[0].strip())
    shown = cli("authority", "show")[0]
    assert code.authority is not None
    assert code.authority.hex(":").upper() in shown
    assert "mqtts://cloud.example:8883" in shown


def test_without_a_way_in_nothing_is_made(cli: Cli, db: Database) -> None:
    del cli.environment["FIELDWATCH_MQTT_NODES_PORT"]
    err = cli("node", "new", "ridge-01", "--reserve", "foping", code=1)[1]
    assert "FIELDWATCH_MQTT_NODES_PORT=8883" in err
    with db.transaction() as conn:
        assert nodes.access(conn) == []


def test_what_a_broker_of_ones_own_needs(cli: Cli, tmp_path: Path) -> None:
    cli("node", "new", "ridge-01", "--reserve", "foping")
    folder = tmp_path / "broker"
    cli("authority", "export", str(folder), "--server")
    files = {file.name: file for file in folder.iterdir()}
    assert files.keys() == {"ca.pem", "crl.pem", "access", "server.pem", "server.key"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files.values()} == {0o600}
    assert "topic read fieldwatch/v1/foping/ridge-01/desired" in files["access"].read_text()
    ca = x509.load_pem_x509_certificate(files["ca.pem"].read_bytes())
    crl = x509.load_pem_x509_crl(files["crl.pem"].read_bytes())
    assert crl.is_signature_valid(ca.public_key())
    server = x509.load_pem_x509_certificate(files["server.pem"].read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["cloud.example", "localhost"]
