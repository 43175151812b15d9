"""The actors of the demo: nine fictional organisations of one loop, and the registrar that enrols them."""

from typing import Final, NamedTuple

REGISTRAR: Final = "registrar"


class Actor(NamedTuple):
    """An organisation. `name`: its name in the scenario; `site`: the name of its facility, in `province` (ISO 3166-2).
    """

    name: str
    en: str
    zh: str
    site: str
    province: str

    @property
    def id(self) -> str:
        return f"urn:example:{self.name}"

    @property
    def prefix(self) -> str:
        return f"{self.id}:"

    @property
    def facility(self) -> str:
        return f"{self.prefix}site"


ACTORS: Final = {actor.name: actor for actor in (
    Actor("collector", "Taihu Scrap Collection (demo)", "太湖废钢回收（演示）", "Depot", "CN-JS"),
    Actor("processor", "Changjiang Scrap Processing (demo)", "长江废钢加工（演示）", "Shredder", "CN-JS"),
    Actor("arc-mill", "Jiangnan Electric Steel (demo)", "江南电炉钢（演示）", "Arc furnace", "CN-JS"),
    Actor("blast-mill", "Yanzhao Iron and Steel (demo)", "燕赵钢铁（演示）", "Integrated works", "CN-HE"),
    Actor("forge", "Liangxi Forging (demo)", "梁溪锻造（演示）", "Forge", "CN-JS"),
    Actor("gearbox-maker", "Jinling Gearboxes (demo)", "金陵齿轮箱（演示）", "Gearbox works", "CN-JS"),
    Actor("wind-farm", "Rudong Wind Power (demo)", "如东风电（演示）", "Wind farm", "CN-JS"),
    Actor("port", "Yongjiang Port Cranes (demo)", "甬江港机（演示）", "Container terminal", "CN-ZJ"),
    Actor("remanufacturer", "Siming Remanufacturing (demo)", "四明再制造（演示）", "Remanufacturing works", "CN-ZJ"),
)}


def lot(actor: str, name: str) -> str:
    """The identifier of a lot with the actor's prefix."""
    return f"{ACTORS[actor].prefix}lot:{name}"


def product(actor: str, name: str) -> str:
    return f"{ACTORS[actor].prefix}product:{name}"
