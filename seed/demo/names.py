"""Names, addresses and telephone numbers of people who do not exist: names from lists of syllables, addresses under
`.example`, numbers that begin with 000."""
from collections.abc import Iterator
from random import Random

_FAMILY = ("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严金魏陶姜戚谢邹"
           "喻柏窦章苏潘葛范彭鲁韦马苗方俞任袁柳史唐薛雷贺倪汤罗毕郝安")
_FIRST = "思明文立承景书宏若沐知远嘉启云子建雨仲清国志晓予海向怀秉"
_SECOND = "然衡川宁舟言岚成桐越安溪朗禾棠毅珩瑜霖平捷澄峻帆旻嵘芃"


def people(rng: Random) -> Iterator[tuple[str, str]]:
    """(name, telephone number) after another, each once; several thousand of them."""
    given = [a + b for a in _FIRST for b in _SECOND]
    rng.shuffle(given)
    for n, name in enumerate(given * 20):
        yield _FAMILY[(n * 7 + n // len(given)) % len(_FAMILY)] + name, f"000-{n // 10_000:04}-{n % 10_000:04}"


def address(who: str, unit: str) -> str:
    return f"{who.replace('_', '-')}@{unit}.example"
