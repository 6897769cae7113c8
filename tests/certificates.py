"""Certificates for tests: an authority, and what it signs for this machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Pair:
    """The files of a certificate and of its private key."""

    certificate: Path
    key: Path


class Authority:
    """One that nobody else knows. Its files lie in a folder."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        own = x509.BasicConstraints(ca=True, path_length=None)
        self.pair = self._write(name, self._key, self._name, 1, own)

    def signs(self, name: str, *, days: int = 1) -> Pair:
        """A certificate for this machine that ends in so many days, or has ended."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        here = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        return self._write(name, key, subject, days, x509.SubjectAlternativeName(here))

    def _write(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        subject: x509.Name,
        days: int,
        extension: x509.ExtensionType,
    ) -> Pair:
        ends = datetime.now(timezone.utc) + timedelta(days=days)
        certificate = (
            x509.CertificateBuilder(self._name, subject, key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(ends - timedelta(days=9))
            .not_valid_after(ends)
            .add_extension(extension, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        made = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        made.certificate.write_bytes(certificate.public_bytes(pem))
        made.key.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
        return made
