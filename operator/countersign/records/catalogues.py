"""Which language has which catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from countersign.records.catalogue import Catalogue, Locale
from countersign.records.catalogue_en import ENGLISH
from countersign.records.catalogue_zh_tw import TRADITIONAL_CHINESE

CATALOGUES: Mapping[Locale, Catalogue] = {
    Locale.EN: ENGLISH,
    Locale.ZH_TW: TRADITIONAL_CHINESE,
}
