@activity.defn
def save_result(input: SaveInput) -> Saved:
    info = activity.info()
    key = f"{info.workflow_id}/{info.activity_type}"
    row = insert_into(engine, results).values(
        key=key,
        workflow_id=info.workflow_id,
        topic=input.topic,
        source_url=input.source_url,
        summary=input.summary,
    )
    with engine.begin() as connection:
        done = connection.execute(row.on_conflict_do_nothing(index_elements=["key"]))
    return Saved(key, new=done.rowcount == 1)
