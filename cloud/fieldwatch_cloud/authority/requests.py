"""What a node asks to be certified. Of its request only the key counts: the name is the one that the cloud
knows, and extensions that it asks for are not read."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from fieldwatch_cloud.errors import QuestionError


def requested_key(csr: str) -> ec.EllipticCurvePublicKey:
    """The public key of a request (PKCS #10, PEM) that its holder has signed.

    Raises:
        QuestionError: it is no request, not signed with its own key, or of another kind than EC P-256.
    """
    try:
        request = x509.load_pem_x509_csr(csr.encode())
        key = request.public_key()
        signed = request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise QuestionError("csr: this is no PKCS #10 request in PEM") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise QuestionError("csr: its key must be EC P-256 (prime256v1)")
    if not signed:
        raise QuestionError("csr: it is not signed with its own key")
    return key


def certificate_of(pem: str) -> x509.Certificate:
    """The first certificate of a PEM chain.

    Raises:
        QuestionError: there is none.
    """
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise QuestionError("certificate: this is no certificate in PEM") from error
