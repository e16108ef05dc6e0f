"""Who receives the simulated parcels and what is in them: seeded consignees, addresses and goods."""

from random import Random

from msgspec import Struct

from simulators.identifiers import identity_number, phone_number
from simulators.papers import Consignee, Goods

# District of Chifeng → a street in it.
DESTINATIONS = {
    "红山区": "昭乌达路",
    "松山区": "玉龙大街",
    "元宝山区": "平庄大街",
    "敖汉旗": "新惠路",
    "宁城县": "大宁路",
    "翁牛特旗": "乌丹大街",
    "喀喇沁旗": "锦山大街",
    "克什克腾旗": "经棚路",
}

_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国志"


class _Article(Struct, frozen=True):
    name: str
    hs_code: str
    unit: str
    price: float
    currency: str
    origin: str


_ARTICLES = (
    _Article("奶粉", "1901101000", "罐", 168.0, "CNY", "NLD"),
    _Article("保湿面霜", "3304990039", "瓶", 219.0, "CNY", "JPN"),
    _Article("维生素片", "2106909090", "瓶", 98.5, "CNY", "AUS"),
    _Article("运动鞋", "6404110000", "双", 560.0, "CNY", "VNM"),
    _Article("棉制T恤衫", "6109100010", "件", 88.0, "CNY", "KOR"),
    _Article("电动牙刷", "8509809000", "个", 310.0, "CNY", "DEU"),
    _Article("咖啡豆", "0901210000", "袋", 75.0, "CNY", "ITA"),
    _Article("儿童绘本", "4903000000", "本", 42.0, "CNY", "GBR"),
    _Article("蓝牙耳机", "8518300000", "副", 399.0, "CNY", "MYS"),
    _Article("不锈钢保温杯", "9617001900", "个", 145.0, "CNY", "JPN"),
)


def consignee(district: str, random: Random) -> Consignee:
    """A synthetic person at an address in a district of DESTINATIONS."""
    name = random.choice(_FAMILY) + "".join(random.sample(_GIVEN, random.choice((1, 2, 2))))
    address = (
        f"内蒙古自治区赤峰市{district}{DESTINATIONS[district]}{random.randrange(1, 300)}号"
        f"{random.randrange(1, 30)}号楼{random.randrange(1, 6)}单元{random.randrange(101, 1899)}室"
    )
    return Consignee(name, phone_number(random), address, identity_number(random))


def goods(random: Random) -> tuple[Goods, ...]:
    """One to three declared lines."""
    lines: list[Goods] = []
    for article in random.sample(_ARTICLES, random.choice((1, 1, 2, 3))):
        quantity = random.choice((1, 1, 1, 2, 3))
        value = round(article.price * quantity, 2)
        lines.append(
            Goods(
                article.name, article.hs_code, quantity, article.unit, value, article.currency, article.origin
            )
        )
    return tuple(lines)
