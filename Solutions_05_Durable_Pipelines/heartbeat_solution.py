@activity.defn
async def download(url: str) -> Downloaded:
    info = activity.info()
    done = info.heartbeat_details[0] if info.heartbeat_details else 0
    total, parts = done + 1, 0
    with archive_file(info.workflow_id).open("ab") as file:
        file.truncate(done)  # an earlier attempt may have written more than it told
        while done < total:
            part, total = await read_part(url, hosts=[site.host], start=done, size=PART)
            file.write(part)
            file.flush()
            done, parts = done + len(part), parts + 1
            activity.heartbeat(done)
    return Downloaded(done, parts)
