async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue="research-exercise",
            workflows=[GenerateReportWorkflow],
            activities=[llm_call, create_pdf_activity, send_email],
            activity_executor=threads,
            graceful_shutdown_timeout=timedelta(seconds=30),
        )
        await worker.run()
