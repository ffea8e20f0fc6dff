"""Operations on CronJobs."""
