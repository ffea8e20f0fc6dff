"""Operations on the labels and annotations of any object."""
