"""A broker that lets no one in without a certificate, a name and a password, nor do what no ACL allows.

Beside the way in that tests try there is one from inside, for whoever sets things up.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from streams.acls import Right
from streams.local_kafka import LocalKafka
from streams.ports import free_ports
from streams.settings import Settings

PLAIN_USER, PASSWORD = "leadgate", "not-for-everyone"
"""Who comes by PLAIN may do everything. SCRAM's users are made by `Secured.user`."""
SECONDS = 30.0

Used = tuple[str, str, str]
"""A right that somebody has made use of: resource, its name as in the ACL, operation."""

_RESOURCES = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional-id": ResourceType.TRANSACTIONAL_ID,
}
_OPERATIONS = {
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
    "Create": AclOperation.CREATE,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
}
_ALLOWED = re.compile(
    r"Principal = (?P<principal>\S+) is Allowed operation = (?P<operation>\w+) .*"
    r"acl=StandardAcl\(resourceType=(?P<resource>\w+), resourceName=(?P<name>[^,]+), "
    r".*operation=(?P<of_acl>\w+)"
)


def _pkcs8(cert: trustme.LeafCert) -> bytes:
    """The key as Java reads it."""
    key = load_pem_private_key(cert.private_key_pem.bytes(), None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass
class Secured:
    """The broker in ``folder``; ``home`` is where Kafka's jars are known from."""

    folder: Path
    home: Path

    def __post_init__(self) -> None:
        authority = trustme.CA()
        server, client = authority.issue_cert("127.0.0.1"), authority.issue_cert("client@leadgate.example")
        files = {
            "ca.pem": authority.cert_pem.bytes(),
            "client.pem": b"".join(blob.bytes() for blob in client.cert_chain_pems),
            "client.key": _pkcs8(client),
            "server.pem": _pkcs8(server) + b"".join(blob.bytes() for blob in server.cert_chain_pems),
        }
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        self._port, inside, controller = free_ports(3)
        self.inside = f"127.0.0.1:{inside}"
        kafka = "org.apache.kafka"
        login = f"{kafka}.common.security"
        secure = "listener.name.secure"
        self._cluster = LocalKafka(
            self.folder / "kafka",
            port=inside,
            home=self.home,
            properties={
                "listeners": f"BROKER://{self.inside},SECURE://127.0.0.1:{self._port},"
                f"CONTROLLER://127.0.0.1:{controller}",
                "advertised.listeners": f"BROKER://{self.inside},SECURE://127.0.0.1:{self._port}",
                "controller.quorum.voters": f"1@127.0.0.1:{controller}",
                "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
                f"{secure}.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
                f"{secure}.plain.sasl.jaas.config": f"{login}.plain.PlainLoginModule required "
                f'user_{PLAIN_USER}="{PASSWORD}";',
                f"{secure}.scram-sha-512.sasl.jaas.config": f"{login}.scram.ScramLoginModule required;",
                f"{secure}.ssl.client.auth": "required",
                f"{secure}.ssl.keystore.type": "PEM",
                f"{secure}.ssl.keystore.location": str(self.folder / "server.pem"),
                f"{secure}.ssl.truststore.type": "PEM",
                f"{secure}.ssl.truststore.location": str(self.folder / "ca.pem"),
                "authorizer.class.name": f"{kafka}.metadata.authorizer.StandardAuthorizer",
                "super.users": f"User:ANONYMOUS;User:{PLAIN_USER}",
            },
        )
        self._cluster.start()
        self._admin = AdminClient({"bootstrap.servers": self.inside})

    def stop(self) -> None:
        """End it."""
        self._cluster.stop()

    def settings(self, user: str = PLAIN_USER) -> dict[str, Any]:
        """Settings with which the broker lets ``user`` in."""
        return {
            "bootstrap_servers": f"127.0.0.1:{self._port}",
            "group": "secured",
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "PLAIN" if user == PLAIN_USER else "SCRAM-SHA-512",
            "sasl_username": user,
            "sasl_password": PASSWORD,
            "ssl_ca_file": str(self.folder / "ca.pem"),
            "ssl_certificate_file": str(self.folder / "client.pem"),
            "ssl_key_file": str(self.folder / "client.key"),
        }

    # Who may do what ----------------------------------------------------------------

    def user(self, name: str) -> None:
        """Make a user of SCRAM, who may do nothing yet."""
        mechanism = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        made = UserScramCredentialUpsertion(name, mechanism, PASSWORD.encode())
        self._admin.alter_user_scram_credentials([made])[name].result(SECONDS)

    def allow(self, name: str, rights: Iterable[Right], settings: Settings) -> None:
        """Give the user these rights, and wait until the broker goes by them."""
        principal = f"User:{name}"
        bindings = [
            AclBinding(
                _RESOURCES[right.resource],
                right.name(settings, principal),
                ResourcePatternType.PREFIXED if right.prefix else ResourcePatternType.LITERAL,
                principal,
                "*",
                _OPERATIONS[right.operation],
                AclPermissionType.ALLOW,
            )
            for right in rights
        ]
        for given in self._admin.create_acls(bindings).values() if bindings else ():
            given.result(SECONDS)
        anything: Any = None
        theirs = AclBindingFilter(
            ResourceType.ANY,
            anything,
            ResourcePatternType.ANY,
            principal,
            anything,
            AclOperation.ANY,
            AclPermissionType.ANY,
        )
        deadline = time.monotonic() + SECONDS
        while len(self._admin.describe_acls(theirs).result(SECONDS)) < len(bindings):
            assert time.monotonic() < deadline, f"{name} has not been given all rights"
            time.sleep(0.05)

    # What has been made use of --------------------------------------------------------

    def tell_what_is_used(self) -> None:
        """Have the broker log each right that it goes by."""
        admin = KafkaAdminClient(bootstrap_servers=self.inside)
        try:
            admin.alter_configs(
                [
                    ConfigResource(
                        ConfigResourceType.BROKER_LOGGER, "1", configs={"kafka.authorizer.logger": "DEBUG"}
                    )
                ]
            )
        finally:
            admin.close()

    def used(self, name: str) -> set[Used]:
        """The rights of a user that were asked for as they are, and not as what another includes."""
        logs = sorted((self.folder / "kafka" / "node-1").glob("kafka.log*"))
        lines = [match for log in logs for match in _ALLOWED.finditer(log.read_text(errors="replace"))]
        return {
            (match["resource"], match["name"], match["operation"])
            for match in lines
            if match["principal"] == f"User:{name}" and match["operation"] == match["of_acl"]
        }


def as_used(right: Right, settings: Settings, principal: str) -> Used:
    """A right of the catalogue, as the broker's log has it when use is made of it."""
    operation = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", right.operation).upper()
    return right.resource.upper().replace("-", "_"), right.name(settings, principal), operation
