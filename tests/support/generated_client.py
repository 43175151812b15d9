"""Signs and posts records with a client that a public generator has made: nothing of the ledger's own code is loaded.

    python generated_client.py URL ORIGIN ISSUER SEED

It prints the log index of each record, and the footprint of the lot that the last one makes, as JSON.
"""

import base64
import hashlib
import importlib
import json
import secrets
import sys
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def main(url: str, origin: str, issuer: str, seed: str) -> None:
    models = importlib.import_module("generated.models")
    client = importlib.import_module("generated").Client(base_url=url, timeout=60)
    post = importlib.import_module("generated.api.records.v1_records_submit").sync
    ask = importlib.import_module("generated.api.queries.v1_footprint_footprint").sync
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    indexes = []
    for record in records(models, issuer):
        answer = post(client=client, body=models.Envelope(**envelope(key, origin, record.to_dict())))
        if not isinstance(answer, models.Receipt):
            sys.exit(f"not a receipt: {answer}")
        indexes.append(answer.index)
    refused = post(client=client, body=models.Envelope(**envelope(key, "other", record.to_dict())))
    print(json.dumps({
        "indexes": indexes, "refused": [type(refused).__name__, refused.code],
        "footprint": ask(client=client, lot=f"{issuer}:lot:heat").footprint,
    }))


def records(models: Any, issuer: str) -> list[Any]:
    """A site, two products, scrap, and the heat that melts it."""
    common = {"issuer": issuer, "nonce": ""}
    scrap, billet = (models.Quantity(value=value, unit="TNE") for value in ("110", "100"))
    start, end = "2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z"

    def output(lot: str, product: str, quantity: Any, role: str, **more: Any) -> Any:
        return models.Output(lot=f"{issuer}:lot:{lot}", product=f"{issuer}:{product}", quantity=quantity,
                             role=models.OutputRole(role), **more)

    found = [
        models.Facility(type_=models.FacilityType.FACILITY, id=f"{issuer}:works", country="CN", **common),
        *[models.Product(type_=models.ProductType.PRODUCT, id=f"{issuer}:{name}", sector="steel", unit="TNE",
                         materials=models.ProductMaterials.from_dict({"steel": "1"}), **common)
          for name in ("scrap", "billet")],
        models.Declaration(
            type_=models.DeclarationType.DECLARATION, start=start, end=end, basis=models.DeclarationBasis.COLLECTED,
            boundary=models.DeclarationBoundary.NONE, collector=issuer,
            lot=output("scrap", "scrap", scrap, "waste", origin=models.OutputOrigin.POSTCONSUMER),
            evidence=[models.Evidence(digest="0" * 64, media_type="application/pdf", kind="tickets")], **common),
        models.Transformation(
            type_=models.TransformationType.TRANSFORMATION, facility=f"{issuer}:works", start=start, end=end,
            process="steel.electricArcFurnace", activity=models.SteelElectricArcFurnace(heats=1),
            inputs=[models.Flow(lot=f"{issuer}:lot:scrap", quantity=scrap)],
            supplies=[models.Supply(material=material, quantity=models.Quantity(value=value, unit=unit))
                      for material, value, unit in (("electricity", "40000", "KWH"), ("electrode", "0.17", "TNE"))],
            outputs=[output("heat", "billet", billet, "product")], **common),
    ]
    for record in found:
        record.nonce = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    return found


def envelope(key: Ed25519PrivateKey, origin: str, record: dict[str, Any]) -> dict[str, str]:
    """The record signed as ledger/core/signatures/signing.py describes it, by other code."""
    body = rfc8785.dumps(record)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    message = b"carbon-ledger/record/v1\n" + origin.encode() + b"\n\0" + hashlib.sha256(body).digest()
    return {
        "body": base64.b64encode(body).decode(), "key": hashlib.sha256(public).hexdigest(),
        "signature": base64.b64encode(key.sign(message)).decode(),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
