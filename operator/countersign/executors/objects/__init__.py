"""Operations on objects of any kind."""
