every_weekday = Schedule(
    action=ScheduleActionStartWorkflow(
        DigestWorkflow.run,
        DigestInput(sources),
        id=f"digest-{uuid.uuid4()}",
        task_queue="digest-exercise",
    ),
    spec=ScheduleSpec(
        calendars=[
            ScheduleCalendarSpec(
                hour=[ScheduleRange(5)],
                minute=[ScheduleRange(30)],
                day_of_week=[ScheduleRange(1, 5)],
            )
        ]
    ),
)
