"""The forms of sentences that are understood: regular expressions over strings of roles."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from countersign.actions.parser import said
from countersign.actions.parser.said import Build

# Parts that forms are made of; <name:n> is a token of role n, kept as the name.
_PARTS = {
    "FRONT": "(?:i(?:NAMESPACEg|gNAMESPACE)o?z?)?",
    "WITHIN": "(?:i?(?:NAMESPACEg|gNAMESPACE)o)?",
    "TARGET": "(?:l?NAMED|c<name:n>o<kind:k>)(?:BRACKETED)?",
    "NAMED": "(?:<kind:k>c?<name:n>|<name:n><kind:k>|<name:x>)",
    "PLACE": "(?:z?(?:[ioM]?gNAMESPACE|[iM]NAMESPACEg|fNAMESPACE|<namespace:e>)|BRACKETED)?CLUSTER",
    "BRACKETED": "7i?(?:gNAMESPACE|NAMESPACEg)8",
    "gNAMESPACE": "g9?NAMESPACE",
    "CLUSTER": "(?:i(?:G<cluster:n>|<cluster:n>G))?",
    "COUNT": "(?:M<current:d>v?u?)?t<number:d>v?",
    "UPDOWN": "<direction:[w6]>?",
    "SCALE": "<verb:s>",
    "SET": "<verb:m>",
    "REVISION": "(?:t(?:F|V<number:d>))?",
    "CONTAINER": "(?:C<container:[na]>|<container:[na]>C)",
    "TO_IMAGE": "t<image:[Rn]>",
    # Namespaces are often called after what is in them: jobs, secrets, ingress.
    "NAMESPACE": "<namespace:[nhk]>",
}


@dataclass(frozen=True, slots=True)
class Form:
    """One way to say something, and how to make the operation that it asks for."""

    pattern: re.Pattern[str]
    build: Build


def _form(form: str, build: Build) -> Form:
    for part, pattern in _PARTS.items():
        form = form.replace(part, pattern)
    counter = itertools.count()
    form = re.sub(
        r"<(\w+):([^>]+)>", lambda kept: f"(?P<{kept[1]}_{next(counter)}>{kept[2]})", form
    )
    return Form(re.compile(form.replace(" ", "")), build)


_RESTART = said.command("rollout", "restart")
_CORDON = said.command("cordon")
_UNCORDON = said.command("uncordon")
_PAUSE = said.command("rollout", "pause")
_RESUME = said.command("rollout", "resume")
_DELETE = said.command("delete")

FORMS = (
    # restart deployment web in namespace shop; perform a rolling restart of …; 重启 …
    _form("FRONT q?ro? WITHIN TARGET PLACE", _RESTART),
    # 将 shop 命名空间的 web 部署(进行滚动)重启
    _form("FRONT b WITHIN TARGET q?r PLACE", _RESTART),
    # scale (down) deployment web in namespace shop to 3 (replicas); 扩容 web 部署到 3 个副本
    _form("FRONT SCALE UPDOWN WITHIN TARGET PLACE (?:o?[yu])? UPDOWN COUNT u? PLACE", said.scale),
    # scale (up) to 3 replicas for deployment web; set replicas to 3 for deployment web
    _form("FRONT (?:SCALE UPDOWN|SET[yu]) COUNT u? o WITHIN TARGET PLACE", said.scale),
    # set deployment web to 3 replicas
    _form("FRONT SET WITHIN TARGET PLACE COUNT u PLACE", said.scale),
    # set the deployment web replicas to 3; 设置 web 部署的副本数为 3
    _form("FRONT SET WITHIN TARGET o?[yu] COUNT u? PLACE", said.scale),
    # set the number of replicas of deployment web to 3
    _form("FRONT SET[yu]o WITHIN TARGET PLACE COUNT u? PLACE", said.scale),
    # 将 shop 命名空间中的 web 部署(的副本数)扩展到 3 个副本
    _form("FRONT b WITHIN TARGET (?:o?y)?SCALE COUNT u? PLACE", said.scale),
    # 将 web 部署的副本数调整为 3
    _form("FRONT b WITHIN TARGET o?ySET COUNT u? PLACE", said.scale),
    # 将 web 部署的副本数从 2 调整为 3
    _form(
        "FRONT b WITHIN TARGET (?:o?y)? M<current:d>v?u? <verb:[ms]> t<number:d>v? u? PLACE",
        said.scale,
    ),
    # 将 web 部署调整为 3 个副本
    _form("FRONT b WITHIN TARGET SET COUNT u PLACE", said.scale),
    # roll back (the rollout of) deployment web in namespace shop to revision 3
    _form("FRONT q?B(?:L?o)? WITHIN TARGET L? PLACE REVISION PLACE", said.rollback),
    # roll deployment web back to revision 3
    _form("FRONT 4 WITHIN TARGET PLACE 6 REVISION PLACE", said.rollback),
    # roll back to the previous revision of deployment web
    _form("FRONT B REVISION o WITHIN TARGET PLACE", said.rollback),
    # 将 shop 命名空间的 web 部署回滚到上一个版本
    _form("FRONT b WITHIN TARGET B REVISION", said.rollback),
    # pause (the rollout of) deployment web; 暂停 web 部署的滚动更新
    _form("FRONT P(?:L?o)? WITHIN TARGET o?L? PLACE", _PAUSE),
    _form("FRONT Q(?:L?o)? WITHIN TARGET o?L? PLACE", _RESUME),
    # 恢复 web 部署的滚动更新
    _form("FRONT Y WITHIN TARGET o?L PLACE", _RESUME),
    # set the image of container app in deployment web to app:2
    _form("FRONT m I o CONTAINER [io] WITHIN TARGET PLACE TO_IMAGE PLACE", said.set_image),
    # update the image of deployment web container app to app:2
    _form("FRONT m (?:I o)? WITHIN TARGET PLACE CONTAINER I? TO_IMAGE PLACE", said.set_image),
    # change the app container image in deployment web to app:2
    _form("FRONT m CONTAINER I [io] WITHIN TARGET PLACE TO_IMAGE PLACE", said.set_image),
    # 将 shop 命名空间的 web 部署的容器 app 的镜像更新为 app:2
    _form("FRONT b WITHIN TARGET [oz]? CONTAINER o? I m TO_IMAGE", said.set_image),
    # 更新 web 部署，容器 app 的镜像改为 app:2
    _form("FRONT m WITHIN TARGET z CONTAINER o? I m TO_IMAGE", said.set_image),
    # delete pod web-0 in namespace shop; 将 pod web-0 删除
    _form("FRONT D WITHIN TARGET PLACE", _DELETE),
    _form("FRONT b WITHIN TARGET D PLACE", _DELETE),
    # force delete pod web-0
    _form("FRONT 3 WITHIN TARGET PLACE", said.command("delete", force="true")),
    _form("FRONT b WITHIN TARGET 3 PLACE", said.command("delete", force="true")),
    _form("D (?:gc?<name:n>|<name:n>g) CLUSTER", said.delete_namespace),
    # evict pod web-0
    _form("FRONT E WITHIN TARGET PLACE", said.command("evict")),
    _form("FRONT b WITHIN TARGET E PLACE", said.command("evict")),
    # cordon node worker-1; 将节点 worker-1 封锁
    _form("N (?:TARGET|<name:n>) CLUSTER", _CORDON),
    _form("U (?:TARGET|<name:n>) CLUSTER", _UNCORDON),
    _form("A TARGET CLUSTER", said.command("drain")),
    _form("b TARGET N", _CORDON),
    _form("b TARGET U", _UNCORDON),
    _form("b TARGET A", said.command("drain")),
    # 恢复节点 worker-1 的调度
    _form("Y TARGET o? 0", _UNCORDON),
    _form("P TARGET o? 0", _CORDON),
    # mark node worker-1 as unschedulable; 标记 worker-1 为不可调度; 将节点 worker-1 标记为不可调度
    _form("K TARGET O? X CLUSTER", _CORDON),
    _form("K TARGET O? S CLUSTER", _UNCORDON),
    _form("K (?:TARGET|<name:n>) t X", _CORDON),
    _form("K (?:TARGET|<name:n>) t S", _UNCORDON),
    _form("b (?:TARGET|<name:n>) K t X", _CORDON),
    _form("b (?:TARGET|<name:n>) K t S", _UNCORDON),
    # run job backup-1 from cron job backup
    _form("FRONT [Jq] <jobkind:k> c?<job:n> M TARGET PLACE", said.run_job),
    # label node worker-1 with disk=ssd; add the label disk=ssd to node worker-1
    _form("FRONT H WITHIN TARGET PLACE W?<pair:1> PLACE", said.label),
    _form("FRONT b WITHIN TARGET H <pair:1>", said.label),
    _form("FRONT 2H<pair:1>t WITHIN TARGET PLACE", said.label),
    _form("FRONT T WITHIN TARGET PLACE W?<pair:1> PLACE", said.annotate),
    _form("FRONT 25<pair:1>t WITHIN TARGET PLACE", said.annotate),
)
