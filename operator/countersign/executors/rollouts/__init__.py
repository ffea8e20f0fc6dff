"""Operations on workloads as a whole: their pods, their number, their revisions."""
