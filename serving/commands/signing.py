"""`firstline keys signing-key` and `firstline keys sign`: keys and signatures of bundles and indexes."""

from pathlib import Path

import rich_click as click

from triage.errors import SigningKeyRefused
from triage.signing import key_files
from triage.signing import signatures as signing


@click.command("signing-key")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File of the private key.")
def make_key(out: Path) -> None:
    """Make a key that signs bundles and indexes, and print its public key for FIRSTLINE_SIGNING_PUBLIC_KEY.

    Keep the private key where models are made. What serves needs the public key only.
    """
    try:
        click.echo(signing.encoded(key_files.create(out)))
    except OSError as problem:
        raise SigningKeyRefused(out, problem.strerror or "it cannot be written") from problem
    click.echo(f"The private key is in {out}. Keep it away from the machine that serves.", err=True)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File of the private key.")
def sign(folder: Path, key: Path) -> None:
    """Sign the bundle or the index in FOLDER: its files are checked, and signature.json is written beside them."""
    secret = key_files.read(key)
    kind, digest = _digest_of(folder)
    signing.sign(folder, kind, digest, secret)
    click.echo(f"Signed the {kind} {digest[:12]} in {folder}.")


def _digest_of(folder: Path) -> tuple[signing.Kind, str]:
    from retrieval.index import file_contents
    from retrieval.index import files as index_files
    from triage.model.bundle_files import SealedFolder

    if (folder / file_contents.FILES[0]).is_file():
        return "index", index_files.verified_id(folder)
    return "bundle", SealedFolder.open(folder).id
