import type { enAlerts } from './en-alerts.ts'

/** The alerts page in Korean. */
export const koAlerts: Readonly<Record<keyof typeof enAlerts, string>> = {
  'tab.now': '지금', 'tab.rules': '규칙', 'tab.channels': '채널', 'tab.policies': '정책', 'tab.silences': '음소거', 'tab.deliveries': '보낸 메시지',

  'now.acknowledge': '확인', 'now.silence': '음소거', 'now.silenceFor': '알리지 않을 시간', 'now.hours': '{{n}}시간', 'now.days': '{{n}}일', 'now.morning': '다음 근무일 아침까지', 'now.custom': '직접 정하기…',
  
  'now.seenBy': '{{name}} 님이 살펴보고 있습니다 ({{time}}부터)', 'now.seenByNobody': '누군가 살펴보고 있습니다 ({{time}}부터)', 'now.withdraw': '확인 취소', 'now.until': '늦어도 {{time}}까지',
  'now.quiet': '조용히 둔 알림', 'now.quietText': '조건은 맞지만 아무에게도 알리지 않습니다.', 'now.becauseSilence': '{{time}}까지 음소거: {{comment}}', 'now.becauseSilenceBare': '{{time}}까지 음소거', 'now.becauseInhibited': '더 심각한 알림이 울리고 있어 알리지 않습니다: {{labels}}',
  'now.becauseMuted': '메시지를 미룹니다: {{name}}', 'now.wayOut': '어디로 가나요?', 'now.acknowledgedTitle': '확인한 알림', 'now.acknowledgedText': '누군가 살펴보고 있습니다. 끝난 뒤 다시 시작되면 다시 알립니다.', 'now.openSilence': '음소거 열기', 'now.foreign': '외부에서 보냄',
  'ack.title': '제가 확인했습니다', 'ack.text': '끝날 때까지 이 알림을 다시 보내지 않습니다. 끝나면 확인도 저절로 풀립니다.', 'ack.name': '이름', 'ack.comment': '메모 (선택)', 'ack.commentHint': '예: 배포를 되돌리는 중', 'ack.until': '이보다 오래 이어지면 다시 알림', 'ack.do': '확인',

  'silences.title': '음소거', 'silences.new': '새 음소거', 'silences.edit': '음소거 고치기', 'silences.empty': '음소거가 없습니다. 음소거하면 정해진 시간 동안 특정 레이블의 알림을 아무에게도 보내지 않습니다. 예정된 작업을 할 때 쓰세요.',
  'silences.active': '적용 중', 'silences.pending': '예정', 'silences.expired': '끝남', 'silences.none': '없습니다.', 'silences.ends': '{{time}}에 끝남', 'silences.begins': '{{time}}에 시작', 'silences.ended': '{{time}}에 끝남', 'silences.acknowledgement': '확인', 'silences.hits': '지금 {{count}}개를 조용히 둠',
  'silences.change': '고치기', 'silences.again': '다시 만들기', 'silences.end': '지금 끝내기', 'silences.matchers': '이 레이블을 가진 알림', 'silences.label': '레이블', 'silences.operator': '비교', 'silences.value': '값', 'silences.addMatcher': '조건 추가', 'silences.removeMatcher': '{{name}} 조건 지우기',
  'silences.is': '같음', 'silences.isNot': '다름', 'silences.matches': '정규식 일치', 'silences.matchesNot': '정규식 불일치', 'silences.from': '시작', 'silences.to': '끝', 'silences.for': '기간', 'silences.comment': '이유', 'silences.commentHint': '왜 조용한지 궁금한 동료가 읽습니다.', 'silences.author': '만든 사람', 'silences.save': '음소거하기',
  'silences.previewNone': '지금은 이 레이블을 가진 알림이 없습니다.', 'silences.preview': '지금 {{count}}개를 조용히 둡니다:', 'silences.noMatcher': '값이 있는 조건이 하나는 필요합니다. 없으면 모든 알림이 조용해집니다.', 'silences.timeInvalid': '끝은 지금과 시작보다 뒤여야 합니다.', 'silences.by': '{{name}} 님이 만듦', 'silences.noComment': '이유가 적혀 있지 않음',

  'policies.none': '모든 알림이 모든 채널로 갑니다.', 'policies.noneNobody': '아직 채널이 없어 알림이 아무 데도 가지 않습니다.', 'policies.some': '알림은 위에서부터 처음으로 맞는 길로 갑니다.', 'policies.fromAlertmanager': 'alertmanager.yml에 적힌 경로입니다. 그 파일을 고치면 자동으로 다시 읽습니다.', 'policies.fromFile': '프로비저닝 파일에 적힌 정책입니다. 그 파일에서 고쳐 주세요.',
  'policies.both': 'Grafana 방식 규칙의 알림은 Grafana 정책을, 나머지는 alertmanager.yml을 따릅니다.', 'policies.ask': '이 알림은 어느 길로 가나요?', 'policies.labels': '알림의 레이블', 'policies.labelsHint': 'severity=critical, job=orders', 'policies.labelsInvalid': '이름=값 꼴로, 쉼표로 나누어 적어 주세요.', 'policies.choose': '또는 지금 울리는 알림', 'policies.chooseNone': '고르기…',
  'policies.goesTo': '{{names}}(으)로 갑니다', 'policies.goesNowhere': '아무에게도 알리지 않습니다', 'policies.group': '{{labels}} 묶음으로', 'policies.groupAll': '이 경로의 다른 알림과 모두 함께', 'policies.timing': '첫 메시지는 {{wait}} 뒤, 새 소식은 {{interval}}마다, 되풀이는 {{repeat}}마다', 'policies.held': '시간대 {{name}} 때문에 지금은 미룹니다',
  'policies.everything': '모든 알림', 'policies.everythingElse': '나머지 모두', 'policies.nobody': '받는 곳 없음', 'policies.continues': '다음 정책도 봅니다', 'policies.ofRules': '채널을 직접 정한 규칙', 'policies.grouped': '{{names}}(으)로 묶음', 'policies.groupedNot': '한 묶음으로', 'policies.groupedEach': '알림마다 따로', 'policies.muted': '{{names}}에는 보내지 않음', 'policies.activeOnly': '{{names}}에만 보냄',
  'policies.add': '아래에 정책 추가', 'policies.change': '고치기', 'policies.remove': '지우기', 'policies.newTitle': '새 정책', 'policies.editTitle': '정책 고치기', 'policies.receiver': '보낼 곳', 'policies.inherit': '위와 같음 ({{name}})', 'policies.groupBy': '묶는 기준', 'policies.groupByHint': '레이블 이름을 쉼표로 나누어 적습니다. …는 모든 레이블입니다.', 'policies.wait': '첫 메시지까지', 'policies.interval': '새 소식 간격', 'policies.repeat': '되풀이 간격', 'policies.inherited': '위와 같음: {{value}}',
  'policies.continueLabel': '다음 정책도 봅니다', 'policies.durationInvalid': '30s, 5m, 4h처럼 적어 주세요.', 'policies.firstText': '지금은 모든 채널이 모든 알림을 받습니다. 정책을 만들면 어느 정책에도 맞지 않는 알림은 {{name}}(으)로만 갑니다.', 'policies.intervals': '시간대', 'policies.intervalsNone': '없습니다. 정책에 시간대를 지정하면 그 시간에는 메시지를 보내지 않습니다.', 'policies.isNow': '지금 해당', 'policies.removeSure': '이 정책과 그 아래 정책을 지울까요?', 'policies.marked': '알림이 지나는 길', 'policies.muteTimes': '보내지 않을 시간대', 

  'channels.missing': '꼭 적어 주세요.', 'channels.sendResolved': '끝났을 때도 알리기', 'channels.default': '기본값', 'channels.request': '보낸 내용', 'channels.answer': '받은 응답', 'channels.noAnswer': '응답이 없습니다.', 'channels.secret': '비밀로 보관하며 다시 보여 주지 않습니다.',
  'heartbeat.title': '하트비트', 'heartbeat.text': 'Haechi가 살아 있음을 정해진 주소에 알립니다. 소식이 끊기면 그 서비스가 알려 주므로 Haechi가 멈춰도 알 수 있습니다 (예: healthchecks.io, Better Stack).', 'heartbeat.none': 'Haechi가 멈춰도 아무도 알지 못합니다.', 'heartbeat.url': '확인 서비스 주소', 'heartbeat.set': '하트비트 설정', 'heartbeat.every': '{{time}}마다',
  'heartbeat.ok': '마지막으로 {{time}}에 알렸습니다.', 'heartbeat.failing': '알리지 못했습니다: {{error}}', 'heartbeat.waiting': '아직 알리지 않았습니다.', 'heartbeat.test': '지금 알리기', 'heartbeat.fixed': '설정한 곳({{origin}})에서 고쳐 주세요.',

  'rules.new': '새 규칙', 'rules.state': '상태', 'rules.folder': '출처', 'rules.all': '전체', 'rules.from.builtin': '기본', 'rules.from.own': '직접 만듦', 'rules.took': '{{time}} 걸림', 'rules.none': '조건에 맞는 규칙이 없습니다.', 'rules.clear': '모두 보기', 'rules.paused': '멈춤', 'rules.recording': '기록',
  'rule.new': '새 규칙', 'rule.edit': '규칙 고치기', 'rule.what': '지켜볼 값', 'rule.query': '쿼리 또는 메트릭', 'rule.queryHint': '입력하면 메트릭, 레이블, 함수가 자동 완성됩니다.', 'rule.when': '값이 이럴 때 알림', 'rule.above': '초과', 'rule.below': '미만', 'rule.limit': '임계값', 'rule.unit': '단위', 'rule.unit.none': '단위 없음', 'rule.unit.ratio': '% (0~1의 비율)', 'rule.unit.s': '초', 'rule.unit.bytes': '바이트', 'rule.hold': '유지 시간', 'rule.name': '이름', 'rule.nameMissing': '이름을 적어 주세요.', 'rule.severity': '심각도', 'rule.critical': '심각', 'rule.warning': '경고', 'rule.info': '정보',
  'rule.labels': '레이블 추가', 'rule.labelsHint': '예: team=shop, tier=1. 누구에게 알릴지는 정책이 레이블을 보고 정합니다.', 'rule.summary': '메시지 내용', 'rule.summaryHint': '{{ $labels.job }}, {{ $value }} 자리에 알림의 값이 들어갑니다.', 'rule.kind': '규칙 종류', 'rule.kind.simple': '간단', 'rule.kind.grafana': 'Grafana 방식', 'rule.kindText.simple': 'Prometheus 규칙입니다. 15초마다 확인합니다.', 'rule.kindText.grafana': '폴더와 그룹에 두며, 데이터가 없거나 오류일 때의 상태를 따로 정합니다.', 'rule.folder': '폴더', 'rule.folderNone': '아직 폴더가 없습니다. 보드 화면에서 만들어 주세요.', 'rule.group': '그룹', 'rule.noData': '데이터가 없을 때', 'rule.error': '계산하지 못할 때', 'rule.receiver': '보낼 곳', 'rule.receiverPolicies': '정책에 따름', 'rule.save': '규칙 저장', 'rule.saved': '“{{title}}” 규칙을 저장했습니다. 지금부터 확인합니다.', 'rule.complex': '쿼리나 식이 여러 개인 규칙입니다. 여기서는 이름, 시간, 상태만 고칠 수 있습니다. 나머지는 파일이나 API로 고쳐 주세요.',
  'rule.NoData': '“데이터 없음” 알리기', 'rule.OK': '정상으로 보기', 'rule.Alerting': '알림 울리기', 'rule.KeepLast': '이전 상태 유지', 'rule.Error': '오류 알리기', 'rule.reading': 'PromQL로 적은 규칙', 'rule.deleteSure': '이 규칙을 지울까요?', 'rule.history': '이력', 'rule.changes': '이 시간 범위의 상태 변화', 'rule.changesNone': '내내 조용했습니다.', 'rule.deliveries': '메시지', 'rule.deliveriesNone': '아직 보낸 메시지가 없습니다.', 'rule.to.firing': '울림', 'rule.to.pending': '확인 대기', 'rule.to.inactive': '끝남', 'rule.details': '자세히',

  'rule.pairName': '{{title}}: 이름', 'rule.pairValue': '{{title}}: {{name}}의 값', 'rule.pairRemove': '{{title}}: {{name}} 지우기', 'rule.pairAdd': '{{title}} 추가', 'rule.pairTwin': '같은 이름이 두 번 있습니다.', 'rule.annotations': '설명(annotation)',
  'rule.labelsTitle': '레이블', 'rule.runbook': '런북 (주소)', 'rule.runbookHint': '메시지에 링크로 붙습니다.', 'rule.keepFiring': '알림 유지', 'rule.keepFiringHint': '조건이 끝난 뒤에도 이만큼', 'rule.every': '확인 간격',
  'rule.everyHint': '그룹 전체에 적용됩니다', 'rule.missing': '시계열이 없을 때 끝내기까지의 확인 횟수', 'rule.missingHint': '비워 두면 2', 'rule.paused': '멈춤', 'rule.export': 'YAML로 받기', 'rule.change': '고치기',
  'rule.openRule': '규칙 열기', 'rule.made': '“{{title}}” 규칙을 저장했습니다. 지금부터 확인합니다.', 'rule.everyInvalid': '30s, 1m처럼 10초의 배수로 적어 주세요.', 'rule.newFolder': '새 폴더', 'rule.folderName': '새 폴더 이름', 'rule.missingInvalid': '정수를 적어 주세요.',
  'rule.api': 'API로 만든 규칙입니다. 여기서 고치면 앞으로 여기서 관리합니다.', 'rules.fixedFile': '{{file}} 파일에 적힌 규칙입니다. 그 파일을 고치면 자동으로 다시 읽습니다.', 'node.title': '쿼리와 식', 'node.addQuery': '쿼리 추가', 'node.addExpression': '식 추가', 'node.condition': '이것이 참이면 알림',
  'node.conditionHint': '값이 0이 아니면 참입니다.', 'node.kind': '종류', 'node.kind.query': '쿼리', 'node.kind.reduce': '값 하나로 줄이기(reduce)', 'node.kind.math': '수식(math)', 'node.kind.resample': '간격 맞추기(resample)',
  'node.kind.threshold': '임계값(threshold)', 'node.kind.classic_conditions': '예전 조건(classic)', 'node.remove': '{{name}} 지우기', 'node.input': '대상', 'node.asks': '가져올 값', 'node.instant': '지금 값',
  'node.range': '기간의 값들', 'node.back': '조회 기간', 'node.formula': '수식', 'node.formulaHint': '예: $A / $B > 0.05', 'node.reducer': '구할 값', 'node.mode': '숫자가 아닌 값은',
  'node.mode.strict': '결과도 없음', 'node.mode.dropNN': '빼고 계산', 'node.mode.replaceNN': '바꿔서 계산', 'node.replaceWith': '바꿀 값', 'node.window': '값 간격', 'node.downsampler': '여러 값이면',
  'node.upsampler': '값이 없으면', 'node.up.pad': '앞의 값', 'node.up.backfilling': '뒤의 값', 'node.up.fillna': '비워 둠', 'node.compare': '비교', 'node.low': '시작',
  'node.high': '끝', 'node.recovery': '끝나는 임계값을 따로 정하기', 'node.recoveryName': '끝', 'node.operator': '앞 줄과', 'node.and': '그리고', 'node.or': '또는',
  'node.of': '대상', 'node.removeLine': '{{name}}번째 줄 지우기', 'node.incomplete': '{{name}}: 빠졌거나 숫자가 아닌 칸이 있습니다.', 'node.reduce.last': '마지막 값', 'node.reduce.mean': '평균', 'node.reduce.avg': '평균',
  'node.reduce.min': '최솟값', 'node.reduce.max': '최댓값', 'node.reduce.sum': '합', 'node.reduce.count': '개수', 'node.reduce.median': '중앙값', 'node.reduce.diff': '차이',
  'node.reduce.diff_abs': '차이(절댓값)', 'node.reduce.percent_diff': '차이(%)', 'node.reduce.percent_diff_abs': '차이(%, 절댓값)', 'node.reduce.count_non_null': '값이 있는 개수', 'node.is.gt': '초과', 'node.is.lt': '미만',
  'node.is.eq': '같음', 'node.is.ne': '같지 않음', 'node.is.gte': '이상', 'node.is.lte': '이하', 'node.is.within_range': '사이', 'node.is.outside_range': '범위 밖',
  'mute.fixedFile': '{{file}} 파일에 있습니다. 거기서 고쳐 주세요.', 'channels.more': '설정 더 보기', 'channels.clear': '저장된 값 지우기', 'channels.mapHint': '한 줄에 이름: 값 하나씩 적습니다.', 'channels.mapInvalid': '한 줄에 이름: 값 하나씩 적어 주세요.',
  'history.rule': '규칙', 'history.channel': '채널', 'history.status': '상태', 'history.result': '결과', 'history.time': '시간', 'history.anyRule': '모든 규칙', 'history.anyChannel': '모든 채널', 'history.anyStatus': '모든 상태',
  'history.anyResult': '모든 결과', 'history.anyTime': '보관된 전부', 'history.range': '화면의 시간 범위', 'history.none': '이 조건에 맞는 기록이 없습니다.', 'history.older': '이전 기록 더 보기', 'history.kept': '최근 90일의 기록을 2만 건까지 보관합니다.',
  'history.uncertain': '알 수 없음', 'history.answer': '응답', 'history.repeat.restart': '두 번 도착했을 수 있습니다. 앞선 시도 중에 서버가 종료되었습니다.', 'history.repeat.no_answer': '두 번 도착했을 수 있습니다. 앞선 시도에 응답이 없었습니다.',
  'node.now': '지금: {{results}}', 'node.nowNone': '지금은 결과가 없습니다.', 'node.nowNull': '값 없음', 'node.nowMore': '외 {{count}}개', 'node.nowPoints': '{{count}}개 중 마지막', 'node.nowFailed': '계산하지 못했습니다: {{reason}}',
  'rule.previewFailed': '계산하지 못한 때가 있습니다: {{reason}}',
  'node.is.within_range_included': '사이(양 끝 포함)', 'node.is.outside_range_included': '범위 밖(양 끝 포함)', 'node.is.no_value': '값이 없음',

  'policies.up': '위로', 'policies.down': '아래로', 'mute.new': '새 시간대', 'mute.edit': '시간대 고치기', 'mute.fixed': '파일이나 alertmanager.yml에 있습니다. 그곳에서 고쳐 주세요.', 'mute.removeSure': '지울까요? 이 시간대를 쓰는 정책이 있으면 먼저 정책에서 빼 주세요.',
  'mute.nameTaken': '같은 이름이 이미 있습니다.', 'mute.hint': '이 시간에는 메시지를 보내지 않습니다. 비워 둔 칸은 언제나 맞는 것으로 봅니다.', 'mute.part': '시간 {{n}}', 'mute.times': '하루 중 시간', 'mute.timesInvalid': '22:00-07:00처럼 적고 여러 개는 쉼표로 나눠 주세요.', 'mute.weekdays': '요일',
  'mute.days': '날짜', 'mute.months': '월', 'mute.years': '연도', 'mute.zone': '시간대 이름', 'mute.removePart': '시간 {{n}} 지우기', 'mute.addPart': '시간 추가',
  'channels.change': '{{name}} 고치기', 'channels.kept': '그대로 둠 (숨김)', 'channels.gone': '이 채널은 이제 없습니다.',
}
