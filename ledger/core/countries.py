"""Codes of countries by the names that people write: the alpha-3 code of ISO 3166-1, and the name in English, Chinese
and German. It has the countries that trade the most industrial goods; others are written by their code.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

_LINES: Final = """
AE ARE United Arab Emirates, UAE, 阿联酋, Vereinigte Arabische Emirate
AR ARG Argentina, 阿根廷, Argentinien
AT AUT Austria, 奥地利, Österreich
AU AUS Australia, 澳大利亚, Australien
BD BGD Bangladesh, 孟加拉国, Bangladesch
BE BEL Belgium, 比利时, Belgien
BG BGR Bulgaria, 保加利亚, Bulgarien
BH BHR Bahrain, 巴林
BR BRA Brazil, 巴西, Brasilien
CA CAN Canada, 加拿大, Kanada
CH CHE Switzerland, 瑞士, Schweiz
CL CHL Chile, 智利
CN CHN China, P.R. China, PRC, People's Republic of China, 中国, 中华人民共和国, Volksrepublik China
CO COL Colombia, 哥伦比亚, Kolumbien
CZ CZE Czechia, Czech Republic, 捷克, Tschechien
DE DEU Germany, 德国, Deutschland
DK DNK Denmark, 丹麦, Dänemark
DZ DZA Algeria, 阿尔及利亚, Algerien
EE EST Estonia, 爱沙尼亚, Estland
EG EGY Egypt, 埃及, Ägypten
ES ESP Spain, 西班牙, Spanien
FI FIN Finland, 芬兰, Finnland
FR FRA France, 法国, Frankreich
GB GBR United Kingdom, UK, Great Britain, 英国, Vereinigtes Königreich, Großbritannien
GR GRC Greece, 希腊, Griechenland
HK HKG Hong Kong, 香港, 中国香港, Hongkong
HR HRV Croatia, 克罗地亚, Kroatien
HU HUN Hungary, 匈牙利, Ungarn
ID IDN Indonesia, 印度尼西亚, Indonesien
IE IRL Ireland, 爱尔兰, Irland
IL ISR Israel, 以色列
IN IND India, 印度, Indien
IS ISL Iceland, 冰岛, Island
IT ITA Italy, 意大利, Italien
JP JPN Japan, 日本
KH KHM Cambodia, 柬埔寨, Kambodscha
KR KOR South Korea, Korea, Republic of Korea, 韩国, Südkorea
KZ KAZ Kazakhstan, 哈萨克斯坦, Kasachstan
LT LTU Lithuania, 立陶宛, Litauen
LU LUX Luxembourg, 卢森堡, Luxemburg
LV LVA Latvia, 拉脱维亚, Lettland
MA MAR Morocco, 摩洛哥, Marokko
MM MMR Myanmar, 缅甸
MN MNG Mongolia, 蒙古, Mongolei
MX MEX Mexico, 墨西哥, Mexiko
MY MYS Malaysia, 马来西亚
NL NLD Netherlands, The Netherlands, Holland, 荷兰, Niederlande
NO NOR Norway, 挪威, Norwegen
NZ NZL New Zealand, 新西兰, Neuseeland
OM OMN Oman, 阿曼
PE PER Peru, 秘鲁
PH PHL Philippines, 菲律宾, Philippinen
PK PAK Pakistan, 巴基斯坦
PL POL Poland, 波兰, Polen
PT PRT Portugal, 葡萄牙
QA QAT Qatar, 卡塔尔, Katar
RO ROU Romania, 罗马尼亚, Rumänien
RS SRB Serbia, 塞尔维亚, Serbien
RU RUS Russia, Russian Federation, 俄罗斯, Russland
SA SAU Saudi Arabia, 沙特阿拉伯, Saudi-Arabien
SE SWE Sweden, 瑞典, Schweden
SG SGP Singapore, 新加坡, Singapur
SI SVN Slovenia, 斯洛文尼亚, Slowenien
SK SVK Slovakia, 斯洛伐克, Slowakei
TH THA Thailand, 泰国
TR TUR Turkey, Türkiye, 土耳其, Türkei
TW TWN Taiwan, 台湾, 中国台湾
UA UKR Ukraine, 乌克兰
US USA United States, United States of America, 美国, Vereinigte Staaten, Vereinigte Staaten von Amerika
VN VNM Vietnam, Viet Nam, 越南
ZA ZAF South Africa, 南非, Südafrika
"""


def country_named(name: str) -> str | None:
    """The alpha-2 code of a country by its name or its alpha-3 code; None if this table has no such country."""
    return _codes().get(name.strip().casefold())


@cache
def _codes() -> Mapping[str, str]:
    codes = {}
    for line in _LINES.strip().splitlines():
        code, long, names = line.split(" ", 2)
        codes.update({name.casefold(): code for name in (long, *names.split(", "))})
    return codes
