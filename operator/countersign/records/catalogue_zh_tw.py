"""Entries in Traditional Chinese, as they are spoken of in Taiwan."""

from __future__ import annotations

from countersign.records.catalogue import Catalogue, Mode

TRADITIONAL_CHINESE = Catalogue(
    automatic=Mode("自動修復", "自動修復", "自動執行（信心度 >= 0.65）"),
    human=Mode("人工修復", "人工修復", "人工審批"),
    break_glass="緊急放行（break-glass）：{}",
    failed="失敗：{}",
    separator="、",
    alert="告警名稱",
    category="類別",
    services="影響服務",
    command="執行指令",
    result="執行結果",
    risk="風險等級",
    path="執行路徑",
    signers="簽核者",
    incident="事件 ID",
    approval="審批 ID",
    description="描述",
    resolved_incident="已解決事件",
    repairs="修復審批",
    effectiveness="成效",
    learned="修復方式",
    unknown_reason="未知原因",
    unknown_risk="未知",
    no_services="未關聯",
    no_signers="無",
    no_incident="無",
    no_description="無描述",
    no_repairs="無",
    unjudged="未評分",
)
