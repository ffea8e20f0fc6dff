"""Operations on single pods."""
