"""What people of the demonstration year write beside the topics: mechanisms, teams, reports, remarks. Invented."""
from random import Random

from seed.demo.topics import TOPICS, Topic
from tenants.vocabulary import Line

LINES = {Line.CUSTOMER_SERVICE: "客户服务", Line.MARKET: "市场", Line.ENTERPRISE: "政企", Line.IT: "IT", Line.NETWORK: "网络"}

_LEADING = (
    "{unit}成立过程质量提升领导小组，由{head}同志任组长，各分管领导任副组长，办公室设在客户服务部门。",
    "{unit}将过程质量列为一把手工程，{head}同志担任总负责人，客户服务部门承担日常统筹。",
    "{unit}由{head}同志总负责，按“领导小组定方向、专班抓落实、条线对结果”三层开展工作。",
    "{unit}把本项工作纳入年度重点督办，{head}同志每月听取一次专题汇报。",
)
_MEETING = (
    "领导小组每月召开一次例会，专班每周碰头一次；议定事项三个工作日内形成清单，逐条明确责任人。",
    "实行“周跟踪、月例会、季点评”：周跟踪看进度，月例会解难题，季点评评成效。",
    "每两周召开一次跨条线协调会，跨部门争议当场定责，定不下来的提交领导小组裁定。",
    "每月十五日前完成进度盘点，落后任务由牵头部门在例会上说明原因和补救办法。",
)
_TARGET = (
    "年度目标：重复投诉下降{n}%，新上线业务全部经过前置审核，现状问题按期整改率不低于{m}%。",
    "年度目标：一次解决率提升{k}个百分点，客户争议溯源闭环率达到{m}%，重点流程时长压缩{n}%。",
    "年度目标：过程指标按月出数，批量质量问题较上年减少{n}%，任务按期完成率不低于{m}%。",
)
_CONTROL = (
    "任务完成情况纳入部门季度评价，连续两次落后的由分管领导约谈。",
    "建立问题直报渠道，一线发现的质量断点可以越级反映，领导小组办公室三日内答复。",
    "对照台账逐项验收，没有证据不予关闭；典型做法及时在内部通报推广。",
    "质量问题实行首报免责、瞒报从严，鼓励在上线之前把问题暴露出来。",
)
_TEAM = (
    "专班共{n}人：{names}为核心成员，分别负责{lines}条线的任务分解、进度跟踪和材料把关；{deputy}负责台账和会议组织。",
    "项目团队由{n}名骨干组成，{names}各带一个工作小组，对口{lines}条线；{deputy}担任秘书，负责信息汇总和对外联络。",
    "组建{n}人联合团队，{names}为条线牵头人（{lines}），地市分公司各指定一名协调员，{deputy}统一调度。",
)
_SCOPE = (
    "团队成员每周至少投入两个工作日，重要节点集中办公。",
    "成员调整须报领导小组办公室备案，交接期不少于五个工作日。",
    "各小组分别建立问题清单，由秘书组合并后每月更新一次。",
    "邀请两名一线班组长参与评审，保证措施落得了地。",
)

_BEGUN = ("已启动{a}，责任人和时点已明确。", "完成工作部署，先从{a}入手，预计两周出初稿。", "{a}已经展开，正在收集各部门材料。")
_MIDWAY = ("{a}已完成，{b}正在推进，整体按计划进行。", "已完成{a}；{b}完成过半，发现的问题同步列入台账。",
           "{a}通过内部评审，下一步重点是{b}。", "本期完成{a}，{b}涉及两个部门，正在统一口径。")
_LATE = ("{a}、{b}均已完成，剩余材料正在会签。", "主体工作已完成，{b}进入收尾，证据材料正在整理。", "{b}完成验证，准备提交销号。")
_BEHIND = ("{a}仍在征求意见，{b}尚未开始，进度偏慢。", "受人员调整影响，{a}推迟，已增派人员。",
           "{a}涉及的数据口径存在分歧，正在协调，进度落后于计划。")
_HANDED = ("{result}，请核验。", "已对照交付要求自查，{result}。", "{result}；相关证据编号见任务台账。")
_HANDED_AGAIN = ("已按意见补充：{lack}的问题已整改，{result}。", "针对退回意见逐条落实，{result}，请再次核验。")
_CLOSED = ("材料完整，同意销号。", "经核验符合交付要求，予以销号。", "抽查证据与台账一致，同意销号。", "", "")
_SENT_BACK = ("{lack}，请补充后重新提交。", "核验时发现：{lack}。请整改。", "{lack}，暂不能销号。")

_CHASES = ("该任务已超过完成期限，请本周内反馈原因和新的完成安排。", "请责任人尽快推进，仍有困难请书面说明需要总部协调的事项。",
           "临近盘点时点，此项仍未提交，请一把手关注。", "请于三个工作日内补报进展。")
_CHASE_PLAN = ("实施计划尚未报送，请尽快完成填报。", "报送时限已过，请联系人说明情况并尽快提交。", "请一把手督促完成实施计划报送。")

_ITEM_REMARKS = ("措施偏原则，请写明具体动作、频次和责任岗位。",
                 "完成时点与上一阶段任务重叠，请重新排期。",
                 "请补充如何验证措施有效。", "交付内容与任务要求不完全对应，请对照补齐。", "请明确与专业公司、地市分公司的分工。")
_GENERAL_REMARKS = ("机制部分没有写明跨条线争议由谁裁定，请补充。", "团队分工未覆盖全部条线，请补齐后再报。",
                    "年度目标缺少可衡量的口径，请修改。")
_LINE_REMARKS = ("本条线各项措施总体可行，请按逐条意见修改。", "请结合去年同类问题进一步细化。", "")
_APPROVALS = ("同意。", "措施具体、时点合理，同意。", "同意，请按计划推进并及时报告进展。", "", "")
_QUESTIONS = (("该任务的证据是否可以用系统截图代替文件？", "可以，截图须能看出系统名称、时间和操作岗位。"),
              ("合作渠道的问题是否一并纳入本任务范围？", "纳入，按客户感知归属，不按渠道性质区分。"),
              ("地市已有的同类制度能否直接沿用？", "可以沿用，但要说明适用范围并由省级统一发文确认。"),
              ("完成时点能否比里程碑提前分批申报？", "可以分批推进，交付以最后一批完成的时点为准。"))
_NOT_APPLICABLE = ("本单位不承担该类业务，经核实同意不适用。", "相关职责已由其他单位统一承接，此项取消。",
                   "业务已停止受理，经条线确认不再要求。")
WAIVER_ASKED = ("本单位不直接受理该类业务，相关环节由总部统一承接，申请不适用。",
                "该系统已并入集中平台，本单位没有独立建设，申请不适用。")
WAIVER_GRANTED = "经核实情况属实，同意不适用；如业务调整请及时恢复。"
MENDED = ("按总部意见补充：每{n}周检查一次，由{owner}牵头复核并签字。",
          "根据退回意见细化：明确{owner}为验收人，分{n}步实施，每步留存记录。")


def draw(words: tuple[str, ...], rng: Random, **places: object) -> str:
    """One of the sentences, its places filled."""
    return rng.choice(words).format(**places)


def topic(code: str) -> Topic:
    """By an assignment's code: "13-M" is of topic 13."""
    return TOPICS.get(code.partition("-")[0], TOPICS["28"])


def mechanism(rng: Random, unit: str, head: str) -> str:
    numbers = {"n": rng.randrange(8, 31), "m": rng.randrange(90, 99), "k": rng.randrange(2, 8)}
    return "\n".join((draw(_LEADING, rng, unit=unit, head=head), draw(_MEETING, rng), draw(_TARGET, rng, **numbers),
                      draw(_CONTROL, rng)))


def team(rng: Random, names: list[str], deputy: str) -> str:
    lines = "、".join(LINES.values())
    return draw(_TEAM, rng, n=rng.randrange(7, 16), names="、".join(names), lines=lines, deputy=deputy) + "\n" + draw(_SCOPE, rng)


def measure(rng: Random, code: str) -> str:
    return draw(topic(code).measures, rng)


def deliverable(rng: Random, asked: str, code: str) -> str:
    """What is promised: what was asked for, at times with a step named beside it."""
    return f"{asked}；另附“{draw(topic(code).parts, rng)}”的过程记录" if rng.random() < 0.3 else asked


def progress(rng: Random, code: str, percent: int, *, behind: bool = False) -> str:
    parts = topic(code).parts
    at = min(len(parts) - 2, percent * (len(parts) - 1) // 100)
    kinds = _BEHIND if behind else _BEGUN if percent < 25 else _MIDWAY if percent < 75 else _LATE
    return draw(kinds, rng, a=parts[at], b=parts[at + 1])


def handed_in(rng: Random, code: str) -> str:
    return draw(_HANDED, rng, result=draw(topic(code).results, rng))


def lack(rng: Random, code: str) -> str:
    return draw(topic(code).lacks, rng)


def sent_back(rng: Random, lack: str) -> str:
    return draw(_SENT_BACK, rng, lack=lack)


def handed_in_again(rng: Random, code: str, lack: str) -> str:
    return draw(_HANDED_AGAIN, rng, lack=f"“{lack}”", result=draw(topic(code).results, rng))


def closed(rng: Random) -> str:
    return rng.choice(_CLOSED)


def chase(rng: Random, *, of_the_plan: bool = False) -> str:
    return rng.choice(_CHASE_PLAN if of_the_plan else _CHASES)


def item_remark(rng: Random) -> str:
    return rng.choice(_ITEM_REMARKS)


def general_remark(rng: Random) -> str:
    return rng.choice(_GENERAL_REMARKS)


def line_remark(rng: Random) -> str:
    return rng.choice(_LINE_REMARKS)


def approval(rng: Random) -> str:
    return rng.choice(_APPROVALS)


def question(rng: Random) -> tuple[str, str]:
    """What a unit asks at an item, and what the line answers."""
    return rng.choice(_QUESTIONS)


def not_applicable(rng: Random) -> str:
    return rng.choice(_NOT_APPLICABLE)
