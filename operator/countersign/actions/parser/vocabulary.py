"""The words of the sentences that are understood: each is a token of one role, or of several.

A word that stands here is never read as a name unless it is quoted.
"""

from __future__ import annotations

from enum import StrEnum

from countersign.actions.parser.wordlist import words


class Role(StrEnum):
    """What a token does in a sentence; one letter each, so that a sentence is a short string."""

    RESTART = "r"
    SCALE = "s"
    SET = "m"
    CARRY_OUT = "q"  # perform …, 进行
    OBJECT = "b"  # 把, 将, 对: the object comes before the verb
    KIND = "k"
    KINDS = "h"  # deployments
    REFERENCE = "x"  # deployment/web
    NAME = "n"
    CALLED = "c"
    NAMESPACE = "g"
    NAMESPACE_FLAG = "f"
    NAMESPACE_GIVEN = "e"  # --namespace=shop
    IN = "i"
    OF = "o"
    DIRECTION = "w"  # up, down
    TO = "t"
    NUMBER = "d"
    MEASURE = "v"  # 个
    REPLICAS = "u"
    REPLICA_COUNT = "y"
    COMMA = "z"
    COLON = "9"
    OPEN = "7"
    CLOSE = "8"
    REASON = "j"
    POLITE = "p"
    ROLL_BACK = "B"
    ROLL = "4"  # roll … back
    BACK = "6"
    PAUSE = "P"
    RESUME = "Q"
    RECOVER = "Y"  # 恢复: resumes a rollout, and nothing else that is meant here
    ROLLOUT = "L"
    REVISION = "V"
    PREVIOUS = "F"
    DELETE = "D"
    FORCE_DELETE = "3"
    EVICT = "E"
    CORDON = "N"
    UNCORDON = "U"
    DRAIN = "A"
    MARK = "K"
    AS = "O"
    SCHEDULABLE = "S"
    UNSCHEDULABLE = "X"
    SCHEDULING = "0"  # 恢复 worker-1 的调度
    IMAGE = "I"
    IMAGE_REFERENCE = "R"  # web:2
    CONTAINER = "C"
    CREATE = "J"
    FROM = "M"
    CLUSTER = "G"
    LABEL = "H"
    ANNOTATE = "T"
    ANNOTATION = "5"
    WITH = "W"
    ADD = "2"
    PAIR = "1"  # tier=web
    APP = "a"  # the name of many a container; elsewhere "the web app"
    TROUBLED = "l"  # stuck, failing: of an object whose name is given, too
    UNKNOWN = "?"


VERBS = frozenset(
    {
        Role.RESTART, Role.SCALE, Role.ROLL_BACK, Role.PAUSE, Role.RESUME, Role.RECOVER,
        Role.ROLL, Role.DELETE, Role.FORCE_DELETE, Role.EVICT, Role.CORDON, Role.UNCORDON,
        Role.DRAIN, Role.MARK, Role.CREATE, Role.LABEL, Role.ANNOTATE,
    }
)  # fmt: skip


def _spread(*rows: tuple[str, str]) -> dict[str, str]:
    return {phrase.strip(): roles for roles, phrases in rows for phrase in phrases.split(",")}


# From a phrase in lower case to its roles.
ENGLISH = _spread(
    ("r", "restart, restarts, rollout restart, rolling restart, restart rollout"),
    ("s", "scale, scales"),
    ("m", "set, change, increase, decrease, reduce, raise, lower, update, upgrade"),
    ("q", "perform, do, trigger, initiate, execute"),
    ("c", "named, called"),
    ("g", "namespace, ns"),
    ("i", "in, on, within, inside, under"),
    ("o", "of, for"),
    ("w", "up, down, out"),
    ("6", "back"),
    ("4", "roll"),
    ("t", "to"),
    ("u", "replicas, replica, pods, instances, copies"),
    ("y", "replica count, replicas count, number of replicas, count of replicas"),
    ("k", "worker node, control plane node, kubernetes node"),
    ("k", "stateful set, daemon set, replica set, cron job, config map, persistent volume claim"),
    ("p", "please, pls, kindly, now, immediately, this step, this action, this change"),
    ("B", "roll back, rolls back, rollback, revert, undo"),
    ("P", "pause, pauses"),
    ("Q", "resume, resumes, unpause"),
    ("L", "rollout, rollouts, rolling update, last rollout, latest rollout, most recent rollout"),
    ("V", "revision, rev"),
    ("F", "previous revision, previous version, prior revision, prior version, last revision"),
    ("F", "previous, previous release"),
    ("D", "delete, deletes"),
    ("3", "force delete, force-delete, forcefully delete, forcibly delete"),
    ("E", "evict, evicts"),
    ("N", "cordon, cordons, disable scheduling on, disable scheduling for"),
    ("U", "uncordon, uncordons, enable scheduling on, enable scheduling for"),
    ("U", "re-enable scheduling on, re-enable scheduling for"),
    ("A", "drain, drains"),
    ("K", "mark"),
    ("O", "as"),
    ("S", "schedulable, schedulable again"),
    ("X", "unschedulable"),
    ("I", "image"),
    ("C", "container"),
    ("J", "create, run, start"),
    ("M", "from"),
    ("G", "cluster"),
    ("H", "label"),
    ("T", "annotate"),
    ("5", "annotation"),
    ("W", "with"),
    ("2", "add"),
    ("a", "app"),
    ("j", "because, because of, due to, so that, since, in order to, as part of"),
)  # fmt: skip
# What a phrase for a kind is called in one word, where that is not the phrase without its spaces.
KINDS_CALLED = {
    "worker node": "node", "control plane node": "node", "kubernetes node": "node",
}  # fmt: skip
# An object with a name may be said to be in trouble: that is why something is to be done.
TROUBLED = words(
    "broken crashed crashing crashlooping degraded evicted failed failing faulty hanging hung "
    "leaking oomkilled stuck terminating unhealthy unresponsive"
)
ARTICLES = frozenset({"a", "an", "the"})
NUMBERS = {
    word: number
    for number, word in enumerate(
        (
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        )
    )
} | {
    character: number
    for number, characters in enumerate(
        ("零", "一", "二两兩", "三", "四", "五", "六", "七", "八", "九", "十")
    )
    for character in characters
}
# "to recover …" gives a reason; "to version 2" would be something else.
PURPOSES = words(
    "absorb accommodate address alleviate allow apply avoid bring clear cope correct ease "
    "enable ensure fix force free get give handle help improve increase inspect install "
    "investigate keep let load lower make match meet migrate mitigate move perform pick prepare "
    "prevent protect provide rebalance reclaim reconnect recover reduce refresh release relieve "
    "reload repair replace reset resolve restore save serve shed stabilize sustain test "
    "troubleshoot unblock unstick use"
)
# "for maintenance" gives a reason; "for an hour" would be something else.
OCCASIONS = words(
    "maintenance investigation debugging upgrade upgrades patching repair repairs inspection "
    "replacement decommissioning"
)

CHINESE = _spread(
    ("r", "重启, 重啟, 重新启动, 重新啟動, 滚动重启, 滾動重啟"),
    ("s", "扩容, 擴容, 缩容, 縮容, 扩展, 擴展, 扩缩容, 擴縮容, 缩减, 縮減, 缩放, 縮放, 伸缩, 伸縮"),
    ("st", "扩到, 擴到, 缩到, 縮到"),
    ("m", "设置, 設置, 設定, 调整, 調整, 修改, 增加, 减少, 減少, 更改, 更新, 升级, 升級"),
    ("mt", "设为, 設為, 调为, 調為, 改为, 改為, 改成, 调到, 調到, 更新为, 更新為, 更新到"),
    ("q", "进行, 進行, 执行, 執行, 做"),
    ("b", "把, 将, 將, 对, 對, 给, 給"),
    ("k", "部署"),
    ("c", "名为, 名為, 叫做"),
    ("g", "命名空间, 命名空間, 名称空间, 名稱空間"),
    ("i", "在"),
    ("M", "从, 從"),
    ("l", "异常的, 異常的, 故障的, 卡住的, 失败的, 失敗的, 崩溃的, 崩潰的"),
    ("H", "打上标签, 打上標籤, 添加标签, 新增標籤, 加上标签, 加上標籤"),
    ("7", "(, （"),
    ("8", "), ）"),
    ("9", ":, ："),
    ("0", "调度, 調度"),
    ("o", "的, 中的, 里的, 裡的, 内的, 內的, 下的, 中, 里, 裡, 内, 內, 下"),
    ("t", "到, 至, 为, 為, 成"),
    ("v", "个, 個"),
    ("u", "副本, 实例, 實例"),
    ("y", "副本数, 副本數, 副本数量, 副本數量"),
    ("p", "请, 請, 麻烦, 麻煩, 请帮我, 請幫我, 帮我, 幫我, 帮忙, 幫忙"),
    ("p", "立即, 立刻, 马上, 馬上, 一下"),
    ("j", "进行维护, 進行維護, 用于维护, 用於維護"),
    ("j", "因为, 因為, 由于, 由於, 以便, 以恢复, 以恢復, 以应对, 以應對, 以缓解, 以緩解"),
    ("j", "以释放, 以釋放, 以解决, 以解決, 以降低, 以承接, 以加载, 以載入"),
    ("B", "回滚, 回滾, 回退"),
    ("P", "暂停, 暫停"),
    ("Y", "恢复, 恢復, 继续, 繼續"),
    ("L", "滚动更新, 滾動更新, 滚动发布, 滾動發布, 发布, 發布"),
    ("V", "修订版本, 修訂版本, 修订版, 修訂版"),
    ("F", "上一个版本, 上一個版本, 上一版本, 上个版本, 上個版本, 前一个版本, 前一個版本, 前一版本"),
    ("D", "删除, 刪除"),
    ("3", "强制删除, 強制刪除"),
    ("E", "驱逐, 驅逐"),
    ("N", "封锁, 封鎖"),
    ("U", "解除封锁, 解除封鎖, 取消封锁, 取消封鎖"),
    ("A", "排空"),
    ("K", "标记, 標記"),
    ("Kt", "标记为, 標記為"),
    ("S", "可调度, 可調度, 可调度状态, 可調度狀態"),
    ("X", "不可调度, 不可調度, 不可调度状态, 不可調度狀態"),
    ("I", "镜像, 鏡像, 映像"),
    ("C", "容器"),
    ("G", "集群, 叢集"),
)  # fmt: skip
CHINESE_KINDS = {
    "部署": "Deployment",
    "有状态副本集": "StatefulSet", "有狀態副本集": "StatefulSet",
    "有状态集": "StatefulSet", "有狀態集": "StatefulSet",
    "守护进程集": "DaemonSet", "守護進程集": "DaemonSet",
    "副本集": "ReplicaSet",
    "节点": "Node", "節點": "Node",
}  # fmt: skip

# English words that are no names, whatever stands around them: each would change the meaning.
NO_NAMES = words(
    "about affected after again against all also and another any anything app apps are as at bad "
    "be been before being both broken but by can cannot carefully cluster clusters concerned "
    "container containers context corresponding could crashed crashing current currently daily "
    "degraded despite do does don done each either else entire environment every everything "
    "except excluding existing fail failed failing faulty few first following for forcibly from "
    "fully given go gracefully had half has have healthy her his host hosts hour hours how "
    "hung idle if impacted including instead into is it its itself just last later latest least "
    "less machine main many may me might minute minutes more most much must my necessary need "
    "never new next no none nor not nothing off often old on once one only onto or other others "
    "our out over own per please possibly previous problematic relevant remaining respective "
    "rest revision running safely same second seconds selected server servers several should "
    "since sites slowly so some something soon specific specified still stuck such target than "
    "that their them then there these they thing things this those through today tomorrow "
    "tonight too twice unhealthy unless until us version via was we were what whatever when "
    "whenever where whether which while who whole whose why will with without workload workloads "
    "would yes yesterday yet you your"
)
