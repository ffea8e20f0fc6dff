"""Plain sentences: understood exactly, or refused."""

from __future__ import annotations

import pytest

from countersign.actions.parser import Refusal, RefusalClass, parse
from countersign.actions.render import render

RESTART = "kubectl rollout restart deployment/web"
IN_SHOP = " --namespace=shop"


@pytest.mark.parametrize(
    ("sentence", "command"),
    [
        ("restart deployment web", RESTART),
        ("Please restart the web deployment now.", RESTART),
        ("Restart deployment/web", RESTART),
        ('Restart the deployment named "web"', RESTART),
        ("Restart deployment web in namespace shop", RESTART + IN_SHOP),
        ("Restart the `web` deployment in the `shop` namespace", RESTART + IN_SHOP),
        ("restart deploy/web -n shop", RESTART + IN_SHOP),
        ("restart deploy/web --namespace=shop", RESTART + IN_SHOP),
        ("In namespace shop, restart deployment web", RESTART + IN_SHOP),
        ("Perform a rolling restart of the deployment web in ns shop!", RESTART + IN_SHOP),
        ("restart deployment web in namespace jobs", RESTART + " --namespace=jobs"),
        ("restart daemon set agent", "kubectl rollout restart daemonset/agent"),
        ("restart deployment web to clear stale connections", RESTART),
        ("restart deployment web because its memory grows", RESTART),
        ("重启 shop 命名空间的 web deployment", RESTART + IN_SHOP),
        ("請重啟 deployment web -n shop", RESTART + IN_SHOP),
        ("在 shop 命名空间中，重启 web 部署。", RESTART + IN_SHOP),
        ("重启命名空间 shop 下的 deployment web", RESTART + IN_SHOP),
        ("对 shop 命名空间的web部署进行滚动重启", RESTART + IN_SHOP),
        ("重启有状态副本集 db", "kubectl rollout restart statefulset/db"),
        ("scale deployment web to 3", "kubectl scale deployment/web --replicas=3"),
        (
            "Scale the web deployment down to zero replicas",
            "kubectl scale deployment/web --replicas=0",
        ),
        (
            "please scale the payments deployment to 5 replicas in ns shop",
            "kubectl scale deployment/payments --replicas=5" + IN_SHOP,
        ),
        (
            "Scale deployment web in namespace shop to 12 pods to handle the load",
            "kubectl scale deployment/web --replicas=12" + IN_SHOP,
        ),
        ("set deployment web to 4 replicas", "kubectl scale deployment/web --replicas=4"),
        (
            "Set the number of replicas of statefulset db to 3",
            "kubectl scale statefulset/db --replicas=3",
        ),
        (
            "將 shop 命名空間中的 web 部署擴展到 5 個副本",
            "kubectl scale deployment/web --replicas=5" + IN_SHOP,
        ),
        ("把 deployment/web 缩容到 0", "kubectl scale deployment/web --replicas=0"),
        ("将 web 部署的副本数调整为 3", "kubectl scale deployment/web --replicas=3"),
        ("扩容 web 部署到三个副本", "kubectl scale deployment/web --replicas=3"),
    ],
)
def test_a_sentence_whose_every_word_is_accounted_for_is_understood(sentence, command):
    outcome = parse(sentence)
    assert not isinstance(outcome, Refusal), outcome
    assert render(outcome) == command


@pytest.mark.parametrize(
    ("sentence", "refused"),
    [
        ("restart web in shop", "ambiguous"),
        ("restart web", "ambiguous"),
        ("restart the deployment in namespace shop", "no-target"),
        ("restart", "no-target"),
        ("restart it", "no-target"),
        ("scale deployment to 3 replicas", "no-target"),
        ("scale deployment web", "ambiguous"),
        ("scale up deployment web", "ambiguous"),
        ("scale deployment web by 2", "ambiguous"),
        ("scale deployment web to twice its size", "ambiguous"),
        ("scale deployment web 3x", "ambiguous"),
        ("scale deployment web from 3 to 5 replicas", "ambiguous"),
        ("scale deployment web to at least 3 replicas", "ambiguous"),
        ("scale deployment web to 3 or 4 replicas", "ambiguous"),
        ("scale deployment web to 99999 replicas", "malformed"),
        ("scale daemonset agent to 3", "unsupported"),
        ("restart deployment web in production", "ambiguous"),
        ("restart deployment web in namespace shop in namespace live", "ambiguous"),
        ("in namespace shop restart deployment web in namespace live", "ambiguous"),
        ("restart deployment web and deployment api", "ambiguous"),
        ("restart all deployments", "ambiguous"),
        ("restart the affected deployment", "no-target"),
        ("restart the web deployments", "ambiguous"),
        ("restart deployment web or api", "ambiguous"),
        ("restart deployment web to 3 replicas", "ambiguous"),
        ("restart deployment web then page the owners", "compound"),
        ("restart deployment web to recover, then restart deployment api", "compound"),
        ("restart deployment web because it leaks, restart deployment api", "ambiguous"),
        ("do not restart deployment web", "unsupported"),
        ("don’t restart deployment web", "unsupported"),
        ("restart deployment not in namespace shop", "unsupported"),
        ("restart deployment web if idle", "unsupported"),
        ("restart deployment web unless it is busy", "unsupported"),
        ("restart deployment web tomorrow", "unsupported"),
        ("scale deployment web to 3 replicas for 10 minutes", "unsupported"),
        ("# only at night\nrestart deployment web", "unsupported"),
        ("restart deployment Web", "malformed"),
        ("restart deployment wеb", "malformed"),
        ("restart node worker-1", "unsupported"),
        ("drain worker-1", "unsupported"),
        ("make it work", "unsupported"),
        ("show me the web deployment", "read-only"),
        ("restart deployment web?", "read-only"),
        ("不要重启 web 部署", "unsupported"),
        ("如果空闲，重启 web 部署", "unsupported"),
        ("除了 web 部署，重启 api 部署", "unsupported"),
        ("重启 web 部署，然后重启 api 部署", "compound"),
        ("重启所有部署", "ambiguous"),
        ("重启 shop 命名空间的 web", "ambiguous"),
        ("扩容 web 部署 2 个副本", "ambiguous"),
        ("将 web 部署扩容一倍", "ambiguous"),
        ("重启 web 命名空间 shop deployment", "no-target"),
    ],
)
def test_a_sentence_with_anything_more_or_less_is_refused(sentence, refused):
    outcome = parse(sentence)
    assert isinstance(outcome, Refusal)
    assert outcome.refused is RefusalClass(refused), outcome
