handle = await client.start_workflow(
    GenerateReportWorkflow.run,
    GenerateReportInput(prompt="Give me 3 interesting facts about octopuses"),
    id=f"generate-research-report-workflow-{uuid.uuid4()}",
    task_queue="research-exercise",
)
print("Started", handle.id)
