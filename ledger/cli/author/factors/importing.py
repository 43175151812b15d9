import click


@click.command("import")
def import_files() -> None: ...
