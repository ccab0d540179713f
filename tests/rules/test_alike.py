"""Campaigns that are alike: by product, by owner, by words."""
from hypothesis import given
from hypothesis import strategies as st

from portal.issues.rules.alike import Traits, alike, likeness, words

FIBRE = Traits("千兆宽带", 34, "千兆宽带新装礼遇 办理千兆宽带送三个月会员")
SAME_PRODUCT = Traits("千兆 宽带", None, "春节返乡提速")
SAME_WORDS = Traits("全屋组网", None, "千兆宽带新装礼遇 办理宽带送会员三个月")
OTHER = Traits("视频会员", 36, "视频彩铃免费体验")


def test_product_owner_and_words_decide() -> None:
    assert likeness(FIBRE, SAME_PRODUCT) and likeness(FIBRE, SAME_PRODUCT).same_product
    assert likeness(FIBRE, SAME_WORDS) and not likeness(FIBRE, OTHER)
    assert not likeness(Traits("", None, ""), Traits("", None, ""))
    near = Traits("另一产品", 34, "办理家庭宽带送音箱")
    assert likeness(FIBRE, near).same_owner and not likeness(FIBRE, Traits("另一产品", 35, "办理家庭套餐送音箱"))
    assert alike(FIBRE, [("other", OTHER), ("words", SAME_WORDS), ("product", SAME_PRODUCT)]) == ["product", "words"]


def test_chinese_by_pairs_and_latin_by_words() -> None:
    assert words("5G ＶＩＰ套餐 super-Deal") == {"vip", "套餐", "super", "deal"}


@given(st.text(), st.text())
def test_order_does_not_matter_and_a_thing_is_like_itself(a: str, b: str) -> None:
    one, other = Traits("", None, a), Traits("", None, b)
    assert likeness(one, other) == likeness(other, one)
    assert likeness(one, one).shared == (1.0 if words(a) else 0.0)
