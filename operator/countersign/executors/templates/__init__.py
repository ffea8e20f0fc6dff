"""Operations on the containers of a workload's pod template."""
